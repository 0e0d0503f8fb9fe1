package models

// Affected is a model in an environment that a change of code may reach.
type Affected struct {
	Environment string // empty: a version that is not live anywhere yet
	Model       string
	Version     string
	Deployment  Subject // the live one; the zero Subject for a version that is not live
	Commit      Subject // of the changed repository, that it was built from
	Direct      bool    // built from a commit of the change itself
	Evidence    Evidence
	How         string  // why it is here, in words: "built from acme/fraud"
	Gaps        []Gap   // of its throughline
	Owners      []Owner // of the model
}
