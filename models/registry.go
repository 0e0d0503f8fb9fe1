package models

// The stages of a model version, which MLflow has deprecated in favour of aliases.
const (
	StageNone       = "None"
	StageStaging    = "Staging"
	StageProduction = "Production"
	StageArchived   = "Archived"
)

// Stages are all of them, as MLflow lists them.
var Stages = []string{StageNone, StageStaging, StageProduction, StageArchived}

// The states of a logged model.
const (
	LoggedPending = "LOGGED_MODEL_PENDING"
	LoggedReady   = "LOGGED_MODEL_READY"
	LoggedFailed  = "LOGGED_MODEL_UPLOAD_FAILED"
)

// PromptTag marks the registered models that are prompts.
const PromptTag = "mlflow.prompt.is_prompt"

// RegisteredModel is a model in a space's registry.
type RegisteredModel struct {
	ID, Integration  int64
	Name             string
	Description      string
	Prompt           bool  // a prompt that MLflow keeps as if it were a model
	LastVersion      int64 // the greatest number ever given
	Created, Updated int64 // Unix milliseconds
	Tags             []Pair
	Aliases          []Alias
	Latest           []RegisteredVersion // the newest of each stage
}

// Alias is a name for one version of a model.
type Alias struct {
	Name    string
	Version int64
}

// RegisteredVersion is a version of a registered model.
type RegisteredVersion struct {
	ID, ModelID      int64
	Model            string // its name
	Version          int64
	Description      string
	Source           string // as the client named it
	Storage          string // where its files are
	Run              string // the key of the run that made it, or empty
	RunLink          string
	LoggedModel      string // its key, or empty
	CopiedFrom       string // NAME/VERSION, or empty
	Stage            string
	Created, Updated int64 // Unix milliseconds
	Tags             []Pair
	Aliases          []string
}

// LoggedModel is a model that a run logged, before it is registered.
type LoggedModel struct {
	ID, Integration  int64
	Key              string // m- and 32 hexadecimal digits
	Experiment       string // its key
	Name, Type       string
	SourceRun        string // the key of the run that made it, or empty
	Status           string
	ArtifactURI      string
	Lifecycle        string
	Created, Updated int64 // Unix milliseconds
	Params, Tags     []Pair
	Metrics          []LoggedMetric
}

// LoggedMetric is a metric of a logged model, and what it was measured on.
type LoggedMetric struct {
	Metric
	Run                        string // the key of the run that logged it
	DatasetName, DatasetDigest string
}

// RunModel is a logged model that a run made or read.
type RunModel struct {
	Model string // its key
	Step  int64
	Input bool // it was read
}
