package models

import (
	"slices"
	"strings"
	"unicode"
)

// Better says which way a metric gets better.
type Better string

// The ways. A metric whose name does not tell is neither.
const (
	BetterHigher  Better = "higher"
	BetterLower   Better = "lower"
	BetterUnknown Better = ""
)

var (
	lowerWords = []string{"loss", "logloss", "error", "errors", "err", "rmse", "mse", "mae", "mape", "smape", "rmsle", "medae", "brier", "perplexity", "ppl",
		"wer", "cer", "nll", "deviance", "fpr", "fnr", "ece", "entropy", "crossentropy", "fid", "hinge", "latency"}
	higherWords = []string{"accuracy", "acc", "auc", "auroc", "rocauc", "auprc", "aucpr", "prauc", "f1", "f2", "fbeta", "f1score", "precision", "recall", "sensitivity",
		"specificity", "tpr", "tnr", "r2", "map", "ap", "mcc", "kappa", "ndcg", "mrr", "iou", "miou", "dice", "bleu", "rouge", "meteor", "gini", "ks", "lift", "throughput"}
)

// MetricBetter reads from a metric's name which way it gets better: log_loss is
// better lower, val_auc higher. What stands after "at" is a condition, not the
// metric: recall_at_1pct_fpr is a recall. Names that say both, or turn the sign
// round (neg_log_loss), tell nothing.
func MetricBetter(name string) Better {
	words := metricWords(name)
	if i := slices.Index(words, "at"); i > 0 {
		words = words[:i]
	}
	lower, higher := false, false
	for _, w := range words {
		if w == "neg" || w == "negative" || w == "false" || w == "1" {
			return BetterUnknown
		}
		lower = lower || slices.Contains(lowerWords, w)
		higher = higher || slices.Contains(higherWords, w)
	}
	switch {
	case lower && !higher:
		return BetterLower
	case higher && !lower:
		return BetterHigher
	}
	return BetterUnknown
}

// metricWords cuts a name at everything but letters and digits, and where a
// capital follows a small letter.
func metricWords(name string) []string {
	var b strings.Builder
	last := ' '
	for _, r := range strings.ReplaceAll(name, "@", " at ") {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			b.WriteByte(' ')
		case unicode.IsUpper(r) && unicode.IsLower(last):
			b.WriteByte(' ')
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(unicode.ToLower(r))
		}
		last = r
	}
	return strings.Fields(b.String())
}

// headlines are the metrics that say most about a run, best first.
var headlines = []string{"auc", "roc_auc", "val_auc", "f1", "val_f1", "accuracy", "val_accuracy", "acc", "rmse", "val_rmse", "mae", "loss", "val_loss"}

// MetricPlace orders metrics: those that say most about a run come first.
func MetricPlace(name string) int {
	if i := slices.Index(headlines, strings.ToLower(name)); i >= 0 {
		return i
	}
	return len(headlines)
}
