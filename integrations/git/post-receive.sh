#!/bin/sh
# Tells Throughline what was pushed to this repository. Install it as
# hooks/post-receive of the repository on the server, executable.
#
# It needs, from the repository's git config or from the environment:
#   throughline.url     THROUGHLINE_HOOK_URL     https://throughline.example.com/hooks/git/NAME
#   throughline.secret  THROUGHLINE_HOOK_SECRET  the integration's hook secret
# and may have:
#   throughline.repository  THROUGHLINE_HOOK_REPOSITORY  git.example.com/acme/fraud;
#                           otherwise the host's name and the repository's folder
#
# A push is never refused and never waits: what goes wrong is in throughline.log
# beside the hooks folder. curl and openssl must be there.

set -f
LC_ALL=C
export LC_ALL
updates=$(cat)
dir=$(git rev-parse --absolute-git-dir) || exit 0

setting() { # NAME VALUE-OF-VARIABLE
	if [ -n "$2" ]; then printf '%s' "$2"; else git config --get "throughline.$1"; fi
}

text() { # prints its input as the inside of a JSON string
	tr -d '\000-\037\177' | sed 's/\\/\\\\/g; s/"/\\"/g'
}

padded() { # BYTE: the key of the signature, each byte combined with BYTE
	for b in $key; do printf "\\$(printf '%03o' $((0x$b ^ $1)))"; done
}

signature() { # of FILE, by HMAC-SHA256; no command line ever shows the secret
	hex=$(printf '%s' "$secret" | od -An -v -tx1 | tr -d ' \n')
	if [ ${#hex} -gt 128 ]; then
		hex=$(printf '%s' "$secret" | openssl dgst -sha256 -binary | od -An -v -tx1 | tr -d ' \n')
	fi
	while [ ${#hex} -lt 128 ]; do hex=${hex}00; done
	key=$(printf '%s' "$hex" | sed 's/../& /g')
	{ padded 54; cat "$1"; } | openssl dgst -sha256 -binary >"$1.inner"
	{ padded 92; cat "$1.inner"; } | openssl dgst -sha256 -binary | od -An -v -tx1 | tr -d ' \n'
}

commits() { # OLD NEW: the commits that came, as git cat-file --batch prints them
	case $2 in *[!0]*) ;; *) return ;; esac
	case $1 in
	*[!0]*) git rev-list -n 200 "$2" --not "$1" -- ;;
	*) git rev-list -n 200 "$2" --not $pushed --glob="refs/*" -- ;;
	esac | git cat-file --batch | openssl base64 -A
}

vanished() { # OLD: the commits that no ref reaches any more
	case $1 in *[!0]*) ;; *) return ;; esac
	git rev-list -n 1000 "$1" --not --all -- | sed 's/.*/"&"/' | paste -sd, -
}

update() { # OLD NEW REF
	printf '{"old":"%s","new":"%s","ref":"%s","commit":"%s"' "$1" "$2" "$(printf '%s' "$3" | text)" \
		"$(git rev-parse --verify -q "$2^{commit}")"
	printf ',"commits":"%s","vanished":[%s]}' "$(commits "$1" "$2")" "$(vanished "$1")"
}

payload() {
	at=$(date +%s%3N)
	case $at in *[!0-9]*) at=$(date +%s)000 ;; esac
	printf '{"repo":"%s","pusher":"%s","at":%s,"head":"%s","push_options":[' "$(printf '%s' "$repository" | text)" \
		"$(printf '%s' "${GL_USERNAME:-${REMOTE_USER:-$USER}}" | text)" "$at" "$(git symbolic-ref -q HEAD | text)"
	i=0
	while [ "$i" -lt "${GIT_PUSH_OPTION_COUNT:-0}" ]; do
		[ "$i" -eq 0 ] || printf ','
		printf '"%s"' "$(eval "printf '%s' \"\$GIT_PUSH_OPTION_$i\"" | text)"
		i=$((i + 1))
	done
	printf '],"updates":['
	first=yes
	printf '%s\n' "$updates" | while read -r old new ref; do
		[ -n "$first" ] || printf ','
		first=
		update "$old" "$new" "$ref"
	done
	printf ']}'
}

tell() {
	url=$(setting url "$THROUGHLINE_HOOK_URL")
	secret=$(setting secret "$THROUGHLINE_HOOK_SECRET")
	repository=$(setting repository "$THROUGHLINE_HOOK_REPOSITORY")
	[ -n "$repository" ] || repository=$(hostname)$dir
	if [ -z "$url" ] || [ -z "$secret" ]; then
		echo "throughline.url and throughline.secret are not set"
		return
	fi
	pushed=$(printf '%s\n' "$updates" | while read -r old new ref; do printf -- '--exclude=%s ' "$ref"; done)
	umask 077
	body=$(mktemp) || return
	payload >"$body"
	curl -sS -o /dev/null -w 'answered %{http_code}\n' --max-time 5 --data-binary "@$body" \
		-H 'Content-Type: application/json' -H "X-Hub-Signature-256: sha256=$(signature "$body")" -- "$url"
	rm -f "$body" "$body.inner"
}

[ -n "$updates" ] || exit 0
tell >"$dir/throughline.log" 2>&1 </dev/null &
exit 0
