package demo

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// writeCard is the model's card, written anew for a version.
func (l *learner) writeCard(version int, level float64) message {
	text := strings.NewReplacer("{version}", fmt.Sprint(version), "{level}", fmt.Sprintf("%.4f", level),
		"{data}", l.trains.key(), "{metric}", l.headline).Replace(l.card)
	return message{method: http.MethodPut, path: "/api/v1/models/" + url.PathEscape(l.name) + "/card", mime: "text/markdown", body: text}
}

const fraudCard = `---
license: other
license_name: internal-use
language: en
library_name: lightgbm
pipeline_tag: tabular-classification
tags:
  - fraud
  - payments
datasets:
  - {data}
metrics:
  - {metric}
model-index:
  - name: fraud-score
    results:
      - task:
          type: tabular-classification
        dataset:
          name: Chargebacks of the following month
          type: payments/chargebacks
        metrics:
          - type: {metric}
            value: {level}
---

# fraud-score

Scores every card payment between 0 and 1 within 80 ms. Version {version}.

## Model Details

Gradient boosted trees on 214 features of the card, the merchant and the last ninety days.
Maintained by the fraud team; questions to Dana Okafor.

## Uses

Payments above the threshold are held for a person. The score alone never declines a payment.

### Out-of-Scope Use

Anything about people rather than payments: credit, pricing, marketing.

## Bias, Risks, and Limitations

- Merchants younger than a month get cautious scores.
- Travel looks like fraud in the first hours; the one-hour window helps.

## Training Details

Ninety days of payments, labelled by chargebacks that arrived within sixty days.

## Evaluation

| Metric | Value |
|---|---|
| {metric} | {level} |

Measured on the chargebacks of the following month, never seen in training.

## Environmental Impact

About forty minutes on sixteen cores for each training.

## Technical Specifications

LightGBM 4, served by four replicas behind the payment gateway.

## Model Card Contact

fraud-team@example.com
`

const merchantCard = `---
license: other
license_name: internal-use
library_name: scikit-learn
pipeline_tag: tabular-regression
datasets:
  - {data}
metrics:
  - {metric}
---

# merchant-risk

How likely a merchant's payments are to be charged back. Version {version}.

## Model Details

Ranks merchants once a day; reviewers look at the top two hundred.

## Uses

Only to order the review queue.

## Bias, Risks, and Limitations

[More Information Needed]

## Evaluation

{metric}: {level} on the last quarter.
`
