package models

// Want is a commit that the hub knows too little of: a run, a version or a
// deployment was built from it, and no pull request is known to contain it.
type Want struct {
	Subject    int64    // the commit, or the run that only hints at one
	Commit     Ref      // as it was named; zero for a hint
	SHA        string   // 7 to 64 hex digits, or the name of a branch or tag
	Repository []string // keys of the repositories that it may be of; one, unless it is a hint
}

// Answer is what a source says of a Want.
type Answer struct {
	Want   Want
	Commit Ref // with the whole sha; zero: there is none
}
