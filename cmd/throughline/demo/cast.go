package demo

// person is somebody of the made-up company.
type person struct {
	login, name, email string
	id                 int64
}

// The company's people.
var (
	dana  = person{"dana-okafor", "Dana Okafor", "dana@example.com", 70101}   // data scientist, fraud
	lee   = person{"lee-moreau", "Lee Moreau", "lee@example.com", 70102}      // ML engineer
	kim   = person{"kimlindqvist", "Kim Lindqvist", "kim@example.com", 70103} // backend engineer
	ravi  = person{"ravi-iyer", "Ravi Iyer", "ravi@example.com", 70104}       // data owner
	aiko  = person{"aikotan", "Aiko Tan", "aiko@example.com", 70105}          // data scientist, churn
	ben   = person{"badeyemi", "Ben Adeyemi", "ben@example.com", 70106}       // backend engineer
	sofia = person{"sofia-m", "Sofia Marques", "sofia@example.com", 70107}    // ML engineer, churn
)

var staff = []person{dana, lee, kim, ravi, aiko, ben, sofia}

const company = "harbour-bank"

// team is a project with its repository, data and bots.
type team struct {
	key, name string
	hook      string // the name of its integrations
	repo      string
	repoID    int64
	language  string
}

var (
	fraud = &team{"FRAUD", "Fraud scoring", "fraud", "fraud-scoring", 810001, "Python"}
	churn = &team{"CHURN", "Churn", "churn", "churn", 810002, "Python"}
	teams = []*team{fraud, churn}
)

// dataset is a table or a set of files that models learn from.
type dataset struct {
	namespace, name string
	owner           person // nobody when the name is empty: a gap
}

var (
	transactions = dataset{"s3://harbour-lake", "payments/transactions", ravi}
	chargebacks  = dataset{"s3://harbour-lake", "payments/chargebacks", crews[0].owner()}
	merchants    = dataset{"postgres://warehouse:5432", "public/merchants", person{}}
	accounts     = dataset{"s3://harbour-lake", "crm/account-history", person{}}
	datasets     = []dataset{transactions, chargebacks, merchants, accounts}
)

func (d dataset) key() string { return d.namespace + "/" + d.name }

// learner is a model with what its runs are like.
type learner struct {
	name       string
	team       *team
	experiment string
	trains     dataset
	evaluates  dataset
	headline   string // the metric that decides
	owner      person // nobody: a gap
	card       string // Markdown; none: a gap
}

var (
	fraudScore   = &learner{"fraud-score", fraud, "fraud-score", transactions, chargebacks, "auc", dana, fraudCard}
	merchantRisk = &learner{"merchant-risk", fraud, "merchant-risk", merchants, chargebacks, "average_precision", crews[1].owner(), merchantCard}
	churnRisk    = &learner{"churn-propensity", churn, "churn-propensity", accounts, accounts, "auc", person{}, ""}
	learners     = []*learner{fraudScore, merchantRisk, churnRisk}
)
