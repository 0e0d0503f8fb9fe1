package github

import "throughline/integrations"

// Sign is the value of X-Hub-Signature-256 that GitHub sends with a body.
func Sign(secret string, body []byte) string { return integrations.Sign(secret, body) }
