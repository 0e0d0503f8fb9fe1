package models

import "testing"

func TestANameTellsWhichWayAMetricGetsBetter(t *testing.T) {
	for name, want := range map[string]Better{
		"auc": BetterHigher, "val_auc": BetterHigher, "ROC AUC": BetterHigher, "valAccuracy": BetterHigher, "f1-macro": BetterHigher, "recall_at_1pct_fpr": BetterHigher,
		"r2": BetterHigher, "precision@10": BetterHigher, "test/f1": BetterHigher,
		"log_loss": BetterLower, "valLoss": BetterLower, "RMSE": BetterLower, "mean_absolute_error": BetterLower, "train-mae": BetterLower, "brier": BetterLower,
		"false_positive_rate": BetterUnknown, "neg_log_loss": BetterUnknown, "1-auc": BetterUnknown, "auc_loss": BetterUnknown, "epoch": BetterUnknown, "": BetterUnknown,
		"closest": BetterUnknown, "mapping": BetterUnknown,
	} {
		if got := MetricBetter(name); got != want {
			t.Errorf("%q is better %q, want %q", name, got, want)
		}
	}
}
