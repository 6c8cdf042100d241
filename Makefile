# The ways to check the project. `make test` is what has to pass.

GO ?= go
FUZZTIME ?= 20s
BENCHTIME ?= 5x

.PHONY: test compiler lint bench fuzz cover

# Vet, then every test with the race detector; fuzz seeds and the README's
# commands are among them. The measurements of quality run without the race
# detector, which would make them eight times as long.
test: compiler lint
	$(GO) test -race -timeout 12m ./...
	$(GO) test -timeout 5m -run 'Quality' ./...

# The race detector needs a C compiler; install one where there is none.
compiler:
	@command -v cc >/dev/null || { echo "installing gcc, which the race detector needs"; apt-get update -q && apt-get install -q -y gcc libc6-dev; }

lint:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

# Throughput against a bare copy and the oracle's loop, latency, and the
# benchmarks of each package.
bench:
	$(GO) test -run '^$$' -bench 'Throughput' -benchtime $(BENCHTIME) -timeout 30m ./eval
	$(GO) test -run '^$$' -bench 'Latency' -benchtime 1x -timeout 30m ./eval
	$(GO) test -run '^$$' -bench 'Memory' -benchtime 1x -timeout 30m ./cmd
	$(GO) test -run '^$$' -bench . -benchmem ./features ./model ./internal/jsonl ./datasets/... ./eval/metric ./pipeline/...

# Every fuzz target for FUZZTIME.
fuzz:
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

cover:
	$(GO) test -coverprofile=cover.out ./... && $(GO) tool cover -func=cover.out | tail -1
