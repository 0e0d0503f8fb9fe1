package cloudevents

import (
	"cmp"

	"throughline/models"
)

// cdTestSuiteRun is a pipeline run of tests.
func cdTestSuiteRun(c cdEvent) []models.Description {
	return c.tests(c.content.object("testSuite"))
}

// cdTestCaseRun is a step of the suite's run that it names; by itself it is a
// pipeline run of one test.
func cdTestCaseRun(c cdEvent) []models.Description {
	test := c.content.object("testCase")
	suite := c.content.object("testSuiteRun").key("id")
	if suite == "" {
		return c.tests(test)
	}
	s := models.Step{URL: c.url(), Error: c.content.text("reason")}
	s.State, s.Raw = c.state()
	if s.State == "" {
		return nil
	}
	s.Started, s.Ended = c.moments()
	name := cmp.Or(test.key("name"), c.id)
	return []models.Description{{Ref: models.Ref{Kind: models.PipelineRun, Key: testKey(suite)}, At: c.at, Facts: map[string]any{"step." + name: s}}}
}

// testKey keeps runs of tests apart from pipeline runs that have the same id.
func testKey(id string) string { return "test/" + id }

// tests is a run of tests; what they say of a model, the custom data names it.
func (c cdEvent) tests(what *object) []models.Description {
	name := cmp.Or(what.key("name"), what.key("id"))
	facts := map[string]any{models.FactPipeline: cmp.Or(name, "tests")}
	if environment := c.content.object("environment").key("id"); environment != "" {
		facts["environment"] = environment
	}
	if severity := c.content.text("severity"); severity != "" {
		facts["severity"] = severity
	}
	out := c.work(testKey(c.id), facts)
	if len(out) == 0 {
		return nil
	}
	if reason := c.content.text("reason"); reason != "" && facts[models.FactError] == nil {
		facts[models.FactError] = reason
	}
	return append(out, c.judged(name, out[0])...)
}

// judged is the result of tests as a check of the model version that they are about.
func (c cdEvent) judged(name string, run models.Description) []models.Description {
	model, version := c.custom.key("model"), c.custom.version("version")
	if model == "" || version == "" || !run.State.Terminal() {
		return nil
	}
	result := models.QualityResult{Name: cmp.Or(name, "tests"), State: run.State, Message: text(run.Facts, models.FactError), Run: run.Ref.Key, URL: run.URL, At: c.at}
	return []models.Description{{Ref: models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(model, version)}, At: c.at, Quality: []models.QualityResult{result}}}
}

// moments are the beginning or the end of a step, by the predicate.
func (c cdEvent) moments() (started, ended string) {
	switch {
	case c.at.IsZero():
	case c.predicate == "started":
		started = stamp(c.at)
	case c.predicate == "finished":
		ended = stamp(c.at)
	}
	return started, ended
}
