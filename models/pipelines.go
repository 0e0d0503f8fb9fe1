package models

// The facts of a pipeline run, beside its steps (StepFact), in JSON. Sources leave
// out what they do not know. Times are RFC 3339.
const (
	FactPipeline  = "pipeline"   // its name, with its folder or namespace: "fraud/train/main"
	FactSystem    = "system"     // what runs it, where that is not the integration's source: airflow, dbt, spark, argo
	FactNumber    = "number"     // the upstream's own: 42
	FactBranch    = "branch"     // main
	FactTrigger   = "event"      // what started it: push, schedule, user
	FactActor     = "actor"      // who started it
	FactAttempt   = "attempt"    // 1, 2, …
	FactQueuedAt  = "queued_at"  //
	FactStartedAt = "started_at" //
	FactEndedAt   = "ended_at"   //
	FactError     = "error"      // why it failed, in a line; failures are grouped by it
	FactLogURL    = "log_url"    // where its log is
	FactHeadSHA   = "head_sha"   // the commit's sha, where its repository is not known; else a link built_from
	FactSummary   = "summary"    // what came of it, in a line: "3 to add, 1 to change, 0 to destroy"
	ParamFact     = "param."     // begins the names of its parameters
	ArtifactFact  = "artifact."  // begins the names of what it left behind: addresses or digests
)
