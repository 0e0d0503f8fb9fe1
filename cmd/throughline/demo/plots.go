package demo

// storyDays is how long ago the story begins.
const storyDays = 36

// ending is how a pull request ends.
type ending int

const (
	merged  ending = iota
	open           // reviewed, waiting
	drafted        // not ready
	closed         // given up
	refused        // changes requested, red checks
)

// plot is one change with what follows from it.
type plot struct {
	day              float64
	team             *team
	number           int
	title, branch    string
	author, reviewer person
	end              ending
	fails            int // times that the checks fail before they pass
	train            *training
	comment          string // said under the pull request
}

// training is what a merged change sets off.
type training struct {
	of       *learner
	level    float64  // of the headline metric, reached at the end
	tries    int      // runs, the last of which is the best
	pipeline bool     // run by the training pipeline, otherwise by hand
	fails    bool     // the pipeline breaks; nothing is registered
	version  int      // registered as, 0 not at all
	to       []string // environments it is deployed to
	fate     string   // "rolled_back": production returns to the version before
	noCommit bool     // trained from a notebook: nobody knows the code
}

var both = []string{"staging", "production"}

// plots are the five weeks, in order.
var plots = []plot{
	{0.2, fraud, 201, "Read card features from the new extract", "features/card-extract", dana, kim, merged, 0, nil, "The old extract stays until the end of the month, so both can be compared."},
	{0.9, churn, 41, "Load account history in daily partitions", "load/partitions", aiko, sofia, merged, 0, nil, ""},
	{1.6, fraud, 202, "Train on ninety days instead of sixty", "train/ninety-days", dana, lee, merged, 0, &training{of: fraudScore, level: 0.902, tries: 2, pipeline: true, version: 1, to: both}, "Recall at 1 % false positives is what we should watch."},
	{3.1, fraud, 203, "Score requests in batches of 64", "serve/batches", kim, lee, merged, 1, nil, ""},
	{3.8, churn, 42, "First baseline: logistic regression", "baseline", aiko, sofia, merged, 0, &training{of: churnRisk, level: 0.741, tries: 2, version: 1, to: []string{"staging"}, noCommit: true}, ""},
	{5.0, fraud, 204, "Pin the feature schema and refuse unknown columns", "schema/pin", lee, kim, merged, 0, nil, ""},
	{6.2, fraud, 205, "Try a graph embedding of merchants", "research/graph", dana, lee, closed, 1, nil, "Promising, but serving it would need a second store. Parked."},
	{7.3, fraud, 206, "Add velocity features per card and merchant", "features/velocity", dana, kim, merged, 0, &training{of: fraudScore, level: 0.917, tries: 3, pipeline: true, version: 2, to: both}, "The gain is mostly from the one-hour window."},
	{8.4, churn, 43, "Fill missing tenure from the contract table", "data/tenure", sofia, aiko, merged, 1, nil, ""},
	{9.6, fraud, 207, "Merchant risk: first model", "merchant/first", lee, dana, merged, 0, &training{of: merchantRisk, level: 0.688, tries: 2, pipeline: true, version: 1, to: []string{"staging"}}, ""},
	{11.1, fraud, 208, "Move scoring to the new base image", "ops/base-image", kim, lee, merged, 2, nil, "Third time lucky: the image lacked libgomp."},
	{12.7, churn, 44, "Gradient boosting with monotone constraints", "model/boosting", aiko, sofia, merged, 0, &training{of: churnRisk, level: 0.783, tries: 3, pipeline: true, version: 2, to: both, noCommit: true}, ""},
	{14.0, fraud, 209, "Cache merchant look-ups for ten minutes", "serve/cache", ben, kim, merged, 0, nil, ""},
	{15.2, fraud, 210, "Train with focal loss", "train/focal-loss", dana, lee, merged, 0, &training{of: fraudScore, level: 0.921, tries: 2, pipeline: true, version: 3, to: both, fate: "rolled_back"}, "Calibration is off in the top bucket: rolled back within the hour."},
	{16.5, fraud, 211, "Nightly pipeline: fail early on late data", "pipeline/late-data", lee, ravi, merged, 0, &training{of: fraudScore, level: 0.9, tries: 1, pipeline: true, fails: true}, ""},
	{18.0, churn, 45, "Explain scores with the five strongest reasons", "explain/reasons", sofia, aiko, merged, 1, nil, ""},
	{19.4, fraud, 212, "Calibrate scores with isotonic regression", "train/calibrate", dana, lee, merged, 0, &training{of: fraudScore, level: 0.926, tries: 3, pipeline: true, version: 4, to: both}, "Brier score down by a fifth. Reliability plot is in the model card."},
	{21.0, fraud, 213, "Merchant risk: add opening hours", "merchant/hours", lee, dana, merged, 0, &training{of: merchantRisk, level: 0.709, tries: 2, pipeline: true, version: 2, to: both}, ""},
	{22.3, churn, 46, "Drop three columns that legal objected to", "data/legal", aiko, sofia, merged, 0, nil, "Agreed with legal on Tuesday; the columns go from the lake next month."},
	{24.1, fraud, 214, "Alert when the share of declined payments jumps", "monitor/declines", kim, ben, merged, 0, nil, ""},
	{25.5, fraud, 215, "Retry the feature store once before failing", "serve/retry", ben, kim, merged, 1, nil, ""},
	{27.0, churn, 47, "Weekly retraining", "pipeline/weekly", sofia, aiko, merged, 0, &training{of: churnRisk, level: 0.788, tries: 2, pipeline: true, version: 3, to: []string{"staging"}, noCommit: true}, ""},
	{28.6, fraud, 216, "Use chargebacks of the partner banks", "data/partners", dana, ravi, merged, 0, &training{of: fraudScore, level: 0.934, tries: 4, pipeline: true, version: 5, to: both}, "Ravi checked the contract: use for fraud prevention is covered."},
	{30.2, fraud, 217, "Upgrade the training image to Python 3.13", "ops/python-313", lee, kim, refused, 3, nil, "Two wheels are missing for 3.13 still."},
	{31.5, churn, 48, "Survival model instead of a monthly label", "model/survival", aiko, sofia, open, 0, nil, ""},
	{32.4, fraud, 218, "Merchant risk: weight recent chargebacks", "merchant/recency", lee, dana, merged, 0, &training{of: merchantRisk, level: 0.731, tries: 2, pipeline: true, version: 3, to: []string{"staging"}}, ""},
	{33.6, fraud, 219, "Shadow-score with the candidate for a week", "serve/shadow", kim, lee, open, 0, nil, "What should happen when the candidate is slower than 80 ms?"},
	{34.3, churn, 49, "Document the label window", "docs/label", sofia, aiko, drafted, 0, nil, ""},
	{34.9, fraud, 220, "Remove the sixty-day feature path", "cleanup/sixty", ben, dana, open, 1, nil, ""},
	{35.85, fraud, 221, "Device fingerprint features", "features/device", dana, lee, drafted, 0, &training{of: fraudScore, level: 0.936, tries: 2}, ""},
}
