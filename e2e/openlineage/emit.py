"""Emits what a DAG run with one task tells, with the client as it comes: where to
and with what token it takes from its environment."""

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    data_quality_assertions_dataset,
    error_message_run,
    output_statistics_output_dataset,
    ownership_job,
    parent_run,
    schema_dataset,
    source_code_location_job,
)
from openlineage.client.uuid import generate_new_uuid

SHA = "3f786850e387550fdab836ed7e6dc881de23001b"
client = OpenLineageClient()
dag, task, broken = (str(generate_new_uuid()) for _ in range(3))
parent = parent_run.ParentRunFacet(
    run=parent_run.Run(runId=dag), job=parent_run.Job(namespace="prod", name="fraud_dag")
)
code = source_code_location_job.SourceCodeLocationJobFacet(
    type="git", url=f"https://github.com/acme/fraud/blob/{SHA}/dag.py", repoUrl="https://github.com/acme/fraud", version=SHA
)
owner = ownership_job.OwnershipJobFacet(owners=[ownership_job.Owner(name="team:risk")])
raw = InputDataset(
    "postgres://db:5432",
    "prod.public.transactions",
    inputFacets={
        "dataQualityAssertions": data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
            assertions=[data_quality_assertions_dataset.Assertion(assertion="not_null", success=False, column="amount")]
        )
    },
)
features = OutputDataset(
    "s3://ml",
    "features/fraud",
    facets={
        "schema": schema_dataset.SchemaDatasetFacet(fields=[schema_dataset.SchemaDatasetFacetFields("amount", "double")]),
        "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(
            fields={
                "amount": column_lineage_dataset.Fields(
                    inputFields=[column_lineage_dataset.InputField("postgres://db:5432", "prod.public.transactions", "amount")],
                    transformationDescription="",
                    transformationType="IDENTITY",
                )
            }
        ),
    },
    outputFacets={"outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=12, size=340)},
)


def tell(state, second, run, job, facets=None, **data):
    client.emit(
        RunEvent(
            eventType=state,
            eventTime=f"2026-05-04T10:00:{second:02d}.000001Z",
            run=Run(runId=run, facets=facets or {}),
            job=Job("prod", job, facets={"sourceCodeLocation": code, "ownership": owner}),
            producer="https://github.com/acme/tests",
            **data,
        )
    )


tell(RunState.START, 0, dag, "fraud_dag")
tell(RunState.START, 1, task, "fraud_dag.features", {"parent": parent}, inputs=[raw], outputs=[features])
tell(RunState.COMPLETE, 5, task, "fraud_dag.features", {"parent": parent}, inputs=[raw], outputs=[features])
why = error_message_run.ErrorMessageRunFacet(message="no rows of today", programmingLanguage="python")
tell(RunState.FAIL, 8, broken, "fraud_dag.train", {"parent": parent, "errorMessage": why})
tell(RunState.FAIL, 9, dag, "fraud_dag", {"errorMessage": why})
print(dag, task)
