# make          build the program into dist/
# make test     set up what the suite needs and run all of it
# make test-long  the slow tiers beside it
# make generate   write the templates' Go code
.PHONY: all build generate test test-long bench picture clean
.DEFAULT_GOAL := build

build:
	CGO_ENABLED=0 go build -trimpath -tags nomsgpack -o dist/throughline ./cmd/throughline

generate:
	go tool templ generate

test:
	bash .ci/test.sh

test-long:
	bash .ci/test.sh long

bench:
	go run ./cmd/bench

picture: build
	cd e2e && node picture.mjs

clean:
	rm -rf dist .cache
