package main

import (
	"throughline/integrations"
	"throughline/integrations/alertmanager"
	"throughline/integrations/cloudevents"
	"throughline/integrations/fetch"
	"throughline/integrations/git"
	"throughline/integrations/github"
	"throughline/integrations/gitlab"
	"throughline/integrations/jenkins"
	"throughline/integrations/kubeflow"
	"throughline/integrations/mlflow"
	"throughline/integrations/modelcard"
	"throughline/integrations/openlineage"
	"throughline/integrations/registry"
	"throughline/integrations/terraform"
	"throughline/integrations/tfx"
)

// sources is the list of what Throughline can be connected to. A new source is
// one line here and its own folder. mlmdDir is where SQLite files of ML Metadata
// may be read, empty for nowhere.
func sources(out *fetch.Client, mlmdDir string) []integrations.Source {
	return []integrations.Source{
		github.New(out.HTTP()),
		git.New(out.HTTP()),
		mlflow.New(out.HTTP()),
		cloudevents.New(),
		gitlab.New(),
		jenkins.New(out.HTTP()),
		terraform.New(out.HTTP()),
		kubeflow.New(out.HTTP()),
		modelcard.New(),
		alertmanager.New(),
		openlineage.New(),
		registry.New(out.HTTP()),
		tfx.New(out, mlmdDir),
	}
}
