# Everything one does with this project. `make` alone lists it. `.venv` is made on first use and renewed when the locked
# requirements change; nothing outside this folder is touched.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

BIN := .venv/bin
READY := .venv/.ready
export PYTHONPATH := layers/domain:.
export SAM_CLI_TELEMETRY ?= 0
CODE := layers/domain functions local ops tests

# ----------------------------------------------------------------------------------------------------------------------
# Start here
# ----------------------------------------------------------------------------------------------------------------------

.PHONY: help
help:  ## List what one can do
	@awk 'BEGIN {FS = ":.*## "} /^# [A-Z]/ {title = substr($$0, 3)} \
	  /^[a-z-]+:.*## / {if (title) {print "\n" title; title = ""} printf "  \033[1m%-20s\033[0m %s\n", $$1, $$2}' Makefile

.PHONY: run
run: $(READY)  ## Start the whole application on this machine and watch it work (EMULATOR_PORT=4566 STRIPE_PORT=8420)
	@exec $(BIN)/python -m local.run

.PHONY: send-calls
send-calls: $(READY)  ## Send calls to the running stack: N=1000 made-up ones, or FILE=calls.jsonl [STACK=name]
	@$(BIN)/python -m ops.send_calls $(if $(FILE),--file "$(FILE)") $(if $(N),--count "$(N)")

.PHONY: check-calls
check-calls: $(READY)  ## Check FILE=calls.jsonl without sending anything
	@$(BIN)/python -m ops.check_calls "$(or $(FILE),$(error Name a file of calls, one JSON object a line: make check-calls FILE=calls.jsonl))"

.PHONY: token
token: $(READY)  ## Print an ID token of a demonstration user of the running stack: EMAIL=dana@halcyon-design.example
	@$(BIN)/python -m ops.token $(if $(EMAIL),"$(EMAIL)")

# ----------------------------------------------------------------------------------------------------------------------
# Test
# ----------------------------------------------------------------------------------------------------------------------

.PHONY: check
check: lint test-domain test-stand-in test-functions  ## The fast gate: format, lint, types, template, domain, stand-in and function tests

.PHONY: lint
lint: $(READY)  ## Format, lint, types and the template, no test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(CODE)
	$(BIN)/cfn-lint template.yaml

#  Three run side by side on two cores, because the stack's tests wait a good deal: the crash points, and then the page and
#  `make run` with stacks of their own; the rules and the functions; the stack. What is not shown while it runs comes at the end.
CRASHES := $(addprefix tests/functions/,test_payment_faults.py test_faults.py test_admission_faults.py)
OTHER_FUNCTIONS := tests/functions $(addprefix --ignore=,$(CRASHES))
END_WELL = trap 'kill $$(jobs -p) 2>/dev/null || true' EXIT; trap 'exit 130' INT TERM; mkdir -p .local
BEGIN_CRASHES = $(BIN)/pytest $(CRASHES) >.local/crash-points.log 2>&1 & crashes=$$!
RULES := tests/domain tests/stand_in tests/contract
BEGIN_FUNCTIONS = { $(BIN)/pytest $(RULES) && exec $(BIN)/pytest $(OTHER_FUNCTIONS); } >.local/functions.log 2>&1 & functions=$$!
OTHER_STACKS := tests/browser tests/stack/test_run.py
BEGIN_PAGE = { tail --pid=$$crashes -f /dev/null; TEST_STACK=test-page exec $(BIN)/pytest $(OTHER_STACKS); } >.local/page.log 2>&1 & page=$$!

.PHONY: test
test: $(READY)  ## Every test; brings its own stack, beside a running `make run`
	@echo "The rules, the functions and the page are tested beside the stack; what they say comes at the end."; \
	$(END_WELL); $(BEGIN_CRASHES); $(BEGIN_FUNCTIONS); $(BEGIN_PAGE); \
	$(BIN)/pytest tests/stack --ignore=tests/stack/test_run.py && failed=0 || failed=1; \
	wait $$functions || failed=1; cat .local/functions.log; wait $$crashes || failed=1; cat .local/crash-points.log; \
	wait $$page || failed=1; cat .local/page.log; exit $$failed

.PHONY: test-domain
test-domain: $(READY)  ## The rules: no AWS, milliseconds
	$(BIN)/pytest tests/domain tests/contract

.PHONY: test-stand-in
test-stand-in: $(READY)  ## The stand-in for Stripe against Stripe's own SDK, field by field
	$(BIN)/pytest tests/stand_in

.PHONY: test-functions
test-functions: $(READY)  ## The handlers with sample events, AWS simulated in memory
	@echo "The crash points run beside the others; what they say comes at the end."; $(END_WELL); $(BEGIN_CRASHES); \
	$(BIN)/pytest $(OTHER_FUNCTIONS) && failed=0 || failed=1; \
	wait $$crashes || failed=1; cat .local/crash-points.log; exit $$failed

.PHONY: test-stack
test-stack: $(READY)  ## The deployed application and its page: real triggers, real authorizers, IAM enforced, Chromium
	$(BIN)/pytest tests/stack tests/browser

.PHONY: test-browser
test-browser: $(READY)  ## The Billing page alone, in headless Chromium in front of the deployed application
	$(BIN)/pytest tests/browser

.PHONY: schemathesis
schemathesis: $(READY)  ## Send requests made up from docs/openapi.yaml to a stack of its own, for a minute
	TEST_STACK=test-schemathesis $(BIN)/pytest tests/fuzz -s

.PHONY: screenshots
screenshots: $(READY)  ## Every state of the Billing page, phone and desktop, light and dark, into .local/screenshots
	$(BIN)/python -m tests.browser.screenshots

.PHONY: faults
faults: $(READY)  ## Every fault at every request of every payment flow, and N=50 pairs of each: SEED=1 SHARE=1
	FAULTS_SEED=$(or $(SEED),20261123) FAULTS_SHARE=$(or $(SHARE),1) FAULTS_PAIRS=$(or $(N),50) $(BIN)/pytest tests/functions/test_payment_faults.py

.PHONY: test-dynamodb
test-dynamodb: $(READY)  ## Every test that needs DynamoDB, against AWS_ENDPOINT_URL_DYNAMODB
	@test -n "$${AWS_ENDPOINT_URL_DYNAMODB:-}" || { echo "Set AWS_ENDPOINT_URL_DYNAMODB to the address of a DynamoDB," \
	  "for example http://127.0.0.1:8000 for DynamoDB Local." >&2; exit 2; }
	$(BIN)/pytest -m dynamodb tests/domain tests/functions

.PHONY: bench
bench: $(READY)  ## What it costs: budgets, measurements and the usual tutorial stack side by side
	$(BIN)/python -m tests.benchmarks

# ----------------------------------------------------------------------------------------------------------------------
# Operate (the running local stack; STACK=name means that stack in your AWS account)
# ----------------------------------------------------------------------------------------------------------------------

#  A switch is on with 1 and off with 0 or nothing; any other word might have meant either.
flag = $(if $(filter-out 0 1,$($(1))),$(error $(1)=$($(1)): say $(1)=1, or leave it out),$(if $(filter 1,$($(1))),$(2)))

.PHONY: publish-rates
publish-rates: $(READY)  ## Check and publish FILE=deck.csv; DRAFT=1 only reports
	@$(BIN)/python -m ops.publish_rates "$(or $(FILE),$(error Name a rate deck: make publish-rates FILE=deck.csv))" $(call flag,DRAFT,--draft)

.PHONY: rollback-rates
rollback-rates: $(READY)  ## Go back to the deck before, or TO=version; LIST=1 lists them, YES=1 asks nothing
	@$(BIN)/python -m ops.rollback_rates $(if $(TO),--to "$(TO)") $(call flag,LIST,--list) $(call flag,YES,--yes)

.PHONY: rerate-calls
rerate-calls: $(READY)  ## Charge calls that waited for a price; ACCOUNT=id FROM=date TO=date [DECK=] prices again, YES=1 posts
	@$(BIN)/python -m ops.rerate_calls $(if $(ACCOUNT),--account "$(ACCOUNT)") $(if $(FROM),--from "$(FROM)") \
	  $(if $(TO),--to "$(TO)") $(if $(DECK),--deck "$(DECK)") $(call flag,YES,--yes)

.PHONY: list-unrated
list-unrated: $(READY)  ## Calls kept without a price; KIND=stray: calls of lines that may not call
	@$(BIN)/python -m ops.list_unrated $(if $(KIND),--kind "$(KIND)")

.PHONY: list-payment-issues
list-payment-issues: $(READY)  ## What Stripe reports and no payment of ours explains; none of it was credited
	@$(BIN)/python -m ops.list_payment_issues

.PHONY: audit
audit: $(READY)  ## Prove one account's book, by itself and against Stripe: ACCOUNT=id
	@$(BIN)/python -m ops.audit "$(or $(ACCOUNT),$(error Name the account: make audit ACCOUNT=id))"

.PHONY: redrive
redrive: $(READY)  ## Send refused calls back; PEEK=1 only shows why, DROP=1 removes the hopeless, YES=1 asks nothing
	@$(BIN)/python -m ops.redrive $(call flag,PEEK,--peek) $(call flag,DROP,--drop) $(call flag,YES,--yes)

.PHONY: freeze
freeze: $(READY)  ## Refuse every new call of ACCOUNT=id and pause its recharge, at once
	@$(BIN)/python -m ops.freeze "$(or $(ACCOUNT),$(error Name the account: make freeze ACCOUNT=id))"

.PHONY: unfreeze
unfreeze: $(READY)  ## Let ACCOUNT=id go on
	@$(BIN)/python -m ops.freeze "$(or $(ACCOUNT),$(error Name the account: make unfreeze ACCOUNT=id))" --off

.PHONY: erase-number
erase-number: $(READY)  ## Erase a person's number: ACCOUNT=id NUMBER=+442071838750
	@$(BIN)/python -m ops.erase_number "$(or $(ACCOUNT),$(error Name the account: make erase-number ACCOUNT=id NUMBER=+44...))" \
	  "$(or $(NUMBER),$(error Name the number: make erase-number ACCOUNT=id NUMBER=+44...))" $(call flag,YES,--yes)

.PHONY: withdraw-links
withdraw-links: $(READY)  ## Let no link that acts without a sign-in act any more: ACCOUNT=id
	@$(BIN)/python -m ops.withdraw_links "$(or $(ACCOUNT),$(error Name the account: make withdraw-links ACCOUNT=id))" $(call flag,YES,--yes)

.PHONY: build
build: $(READY)  ## Build for an environment of samconfig.toml: CONFIG_ENV=staging or production
	@$(BIN)/python -m ops.build "$(or $(CONFIG_ENV),staging)"

.PHONY: deploy
deploy: build  ## Build and deploy to the AWS account you are signed in to: CONFIG_ENV=staging or production
	$(BIN)/sam deploy --config-env "$(or $(CONFIG_ENV),staging)"

# ----------------------------------------------------------------------------------------------------------------------
# Maintain
# ----------------------------------------------------------------------------------------------------------------------

.PHONY: format
format: $(READY)  ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: rates
rates: $(READY)  ## Make local/rates.csv anew from libphonenumber's metadata
	$(BIN)/python -m local.make_rates

.PHONY: schema
schema: $(READY)  ## Make docs/call-event.schema.json and docs/events/ anew
	$(BIN)/python -m ops.call_event_schema > docs/call-event.schema.json
	$(BIN)/python -m ops.event_schemas

.PHONY: openapi
openapi: $(READY)  ## Write docs/openapi.yaml, docs/api-errors.md, and the copy that GET /openapi.json serves
	$(BIN)/python -m ops.openapi

.PHONY: mails
mails: $(READY)  ## Print a sample of each mail, as the README shows them
	@$(BIN)/python -m ops.mail_samples

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --custom-compile-command "make lock" --quiet $(if $(UPGRADE),--upgrade)

.PHONY: lock
lock: $(READY)  ## Lock the requirements again after a change in pyproject.toml (UPGRADE=1 takes newer versions)
	$(BIN)/$(LOCK) --group dev --output-file requirements-dev.txt
	$(BIN)/$(LOCK) --constraint requirements-dev.txt --output-file layers/domain/requirements.txt

.PHONY: clean
clean:  ## Remove everything that make made
	rm -rf .venv .local .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ----------------------------------------------------------------------------------------------------------------------

# uv, itself locked, installs the rest in seconds; pip does it where an index of your own is configured, or uv cannot.
$(READY): requirements-dev.txt .ci/make-venv
	@.ci/make-venv
	@touch $@
