// Package lookalike is a GitHub for tests: a model of owners, repositories, pull
// requests, checks, workflows and deployments that answers REST questions and
// sends signed webhooks as GitHub does, with its pages, tags, limits and traps.
// Nothing but tests imports it.
//
//	gh := lookalike.Start(t, 1)                     // a server on loopback; 1 is the seed
//	repo := gh.Repo("acme/fraud")                   // makes the organisation too
//	gh.Token("t0ken", lookalike.Reading)            // what that token may
//	gh.Hook(repo, "http://…/hooks/github/main", "secret", "*")
//	pr := repo.OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
//	pr.Review("lee", "APPROVED")
//	pr.Merge("squash", "lee")
//	account.Settings["api_url"] = gh.URL + "/"      // or gh.URL + "/api/v3/"
//
// Every change moves the clock and sends its webhooks before it returns: to
// gh.Send where that is set, else over HTTP to the hook's address. Storm makes
// webhooks get lost, late and doubled; Lies makes REST fail. Random plays a
// plausible history. Expected says, independently of the decoders, what
// Throughline should know in the end. Count tells what was asked.
package lookalike
