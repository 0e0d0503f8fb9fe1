package demo

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// The address by which OpenLineage events say what they follow.
const (
	lineageSchema = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
	lineageJob    = "https://airflow.example.com"
)

// nights is for how many nights the data of the fraud team is told of.
const nights = 12

// aboutData is what is known of the data that the fraud team learns from: a version
// each night with its columns and checks, what it may be used for, and a column
// that is going to go.
func aboutData(until time.Time) []beat {
	t := newTale("data", until)
	for ago := nights - 1; ago >= 0; ago-- {
		t.clock = until.Add(-time.Duration(ago)*24*time.Hour - 3*time.Hour)
		t.night(ago)
	}
	t.clock = until.Add(-days(10))
	t.governs(transactions, object{"classification": "personal", "legal_basis": "contract", "purpose": "Fraud prevention on card payments.", "retention": "P18M", "steward": ravi.email, "reviewed": true})
	t.governs(chargebacks, object{"classification": "confidential", "purpose": "Labels of fraud, from the acquirers.", "retention": "P5Y", "steward": ravi.email})
	t.then(func(time.Time) message {
		return call(http.MethodPut, dataPath(transactions)+"/freshness", object{"every": "26h"})
	})
	t.clock = until.Add(-26 * time.Hour)
	t.then(func(time.Time) message {
		return call(http.MethodPost, dataPath(transactions)+"/changes", object{"kind": "column_removed", "columns": []string{"merchant_city"}, "on": until.Add(days(12)).Format(time.DateOnly),
			"text": "The processor stops sending the city with the new message format. `merchant_postcode` stays and says the same."})
	})
	return t.beats
}

func dataPath(d dataset) string {
	return "/api/v1/datasets/" + url.PathEscape(d.namespace) + "/" + url.PathEscape(d.name)
}

func (t *tale) governs(d dataset, what object) {
	t.then(func(time.Time) message { return call(http.MethodPut, dataPath(d)+"/governance", what) })
}

// night is the run that takes in the payments of a day, with its checks; the fifth
// night before the last found amounts below zero.
func (t *tale) night(ago int) {
	t.then(func(at time.Time) message {
		number := nights - ago
		outputs := []object{{"namespace": transactions.namespace, "name": transactions.name, "facets": object{
			"version": facet(object{"datasetVersion": fmt.Sprintf("night-%03d", number)}), "schema": facet(object{"fields": columns(number)}),
			"dataQualityAssertions": facet(object{"assertions": []object{{"assertion": "not_null", "success": true, "column": "transaction_id"}, {"assertion": "unique", "success": true, "column": "transaction_id"},
				{"assertion": "accepted_range", "success": ago != 5, "column": "amount"}}}),
		}, "outputFacets": object{"outputStatistics": facet(object{"rowCount": 1_840_000 + 7_300*number, "size": 412_000_000 + 1_600_000*number})}}}
		return message{method: http.MethodPost, path: "/hooks/openlineage/" + fraud.hook + "/api/v1/lineage", bot: fraud.key, mime: "application/json",
			body: object{"eventType": "COMPLETE", "eventTime": stamp(at), "producer": lineageJob, "schemaURL": lineageSchema,
				"run":    object{"runId": t.runID(number), "facets": object{"nominalTime": facet(object{"nominalStartTime": stamp(at.Add(-time.Hour))})}},
				"job":    object{"namespace": "payments", "name": "ingest.transactions", "facets": object{"jobType": facet(object{"processingType": "BATCH", "integration": "AIRFLOW", "jobType": "DAG"})}},
				"inputs": []object{{"namespace": "kafka://events:9092", "name": "card-payments"}}, "outputs": outputs}}
	})
}

// columns of the transactions; the postcode came three nights ago.
func columns(number int) (out []object) {
	for _, c := range [][2]string{{"transaction_id", "bigint"}, {"card_hash", "string"}, {"amount", "decimal(12,2)"}, {"currency", "string"}, {"merchant_id", "bigint"}, {"merchant_city", "string"}, {"booked_at", "timestamp"}} {
		out = append(out, object{"name": c[0], "type": c[1]})
	}
	if number > nights-3 {
		out = append(out, object{"name": "merchant_postcode", "type": "string", "description": "Replaces merchant_city."})
	}
	return out
}

// runID is a UUID that is the same for the same night.
func (t *tale) runID(number int) string {
	h := t.sha(fmt.Sprint("night ", number), 32)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:]
}

// facet is a part of an OpenLineage event, which says where its shape is described.
func facet(o object) object {
	o["_producer"], o["_schemaURL"] = lineageJob, lineageSchema
	return o
}
