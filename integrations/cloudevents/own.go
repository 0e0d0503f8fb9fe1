package cloudevents

// OwnTypes are the short names of Throughline's own types of events: "run.started"
// is dev.throughline.run.started.v1.
func OwnTypes() []string {
	return []string{"run.started", "run.metrics", "run.finished", "pipeline_run.started", "pipeline_run.finished", "model_version.registered", "deployment"}
}

// WholeType is the type of a short name; false when there is none of that name.
func WholeType(short string) (string, bool) {
	whole := ours + short + ".v1"
	return whole, decoderOf(whole) != nil
}
