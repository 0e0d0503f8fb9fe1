package git

import _ "embed" // the hook

// Hook is the post-receive hook that tells a hub what was pushed: POSIX sh, with
// git, curl and openssl.
//
//go:embed post-receive.sh
var Hook string
