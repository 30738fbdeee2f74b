# The commands of this project; `make` alone lists them. The first command creates `.venv`, and a change of the locked
# requirements renews it. Nothing outside this folder is changed.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

BIN := .venv/bin
READY := .venv/.ready
export PYTHONPATH := layers/domain:.
export SAM_CLI_TELEMETRY ?= 0
#  Compiled modules, all of them inside this folder, make every start after the first twice as fast.
unexport PYTHONDONTWRITEBYTECODE
CODE := layers/domain functions local ops tests connectors

# ----------------------------------------------------------------------------------------------------------------------
# Start here
# ----------------------------------------------------------------------------------------------------------------------

.PHONY: help
help:  ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^# [A-Z]/ {title = substr($$0, 3)} \
	  /^[a-z-]+:.*## / {if (title) {print "\n" title; title = ""} printf "  \033[1m%-20s\033[0m %s\n", $$1, $$2}' Makefile

.PHONY: run
run: $(READY)  ## Start the whole application on this machine with a demonstration (EMULATOR_PORT=4566 STRIPE_PORT=8420)
	@exec $(BIN)/python -m local.run

.PHONY: send-calls
send-calls: $(READY)  ## Send calls to the running stack: N=1000 made-up ones, or FILE=calls.jsonl [STACK=name]
	@$(BIN)/python -m $(if $(FILE),ops.send_calls --file "$(FILE)",local.send_traffic $(if $(N),--count "$(N)"))

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
check: $(READY)  ## Run the fast checks before a commit, the domain tests with few examples, and the laws once
	@$(MAKE) $(SIDE_BY_SIDE) --jobs=2 $(QUICK) 3>&1

.PHONY: lint
lint: $(READY) lint-code types contract lint-template  ## Check format, lint, types, layers, prose, and the template, without tests

.PHONY: lint-code
lint-code: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m ops.check_prose

.PHONY: types
types: $(READY)
	$(BIN)/mypy $(CODE)

.PHONY: contract
contract: $(READY)
	$(BIN)/lint-imports

.PHONY: lint-template
lint-template: $(READY)
	$(BIN)/cfn-lint template.yaml stacks/*.yaml

#  `make check` and `make test` run suites side by side. Each says when it starts; its output follows when it has ended.
SIDE_BY_SIDE := --no-print-directory --keep-going $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
STARTED = @{ echo "$$(date +%T)  $@ has started" >&3; } 2>/dev/null || true
QUICK := test-domain-quickly types test-laws-quickly lint-code contract
#  Three at a time on two cores, because tests of a stack mostly wait. Make starts them in this order: the page and `make run`,
#  with stacks of their own, come when the first of the long ones has ended; short suites fill the end.
SUITES := test-stack-alone test-payment-faults test-functions test-page test-laws-alone test-switch-alone test-domain test-connectors test-stand-in
PAYMENT_FAULTS := tests/laws/test_payment_faults.py

.PHONY: test
test: $(READY)  ## Run every test; it starts its own stacks, beside a running `make run`
	@$(MAKE) $(SIDE_BY_SIDE) --jobs=3 $(SUITES) 3>&1

.PHONY: test-domain
test-domain: $(READY)  ## Test the rules, without AWS
	$(STARTED)
	@exec $(BIN)/pytest tests/domain tests/contract

.PHONY: test-domain-quickly
test-domain-quickly: $(READY)
	$(STARTED)
	@HYPOTHESIS_EXAMPLES=10 exec $(BIN)/pytest tests/domain

.PHONY: test-connectors
test-connectors: $(READY)  ## Test the agent and the connectors of switches: processes that are killed, and a service that fails
	$(STARTED)
	@exec $(BIN)/pytest tests/connectors

.PHONY: test-stand-in
test-stand-in: $(READY)  ## Test the stand-in for Stripe against Stripe's own SDK, field by field
	$(STARTED)
	@exec $(BIN)/pytest tests/stand_in

.PHONY: test-functions
test-functions: $(READY)  ## Test the handlers with sample events and AWS simulated in memory
	$(STARTED)
	@exec $(BIN)/pytest tests/functions

.PHONY: test-laws
test-laws: $(READY)  ## Test the laws of ledger and payments by random operations and by faults at every request
	@$(MAKE) $(SIDE_BY_SIDE) --jobs=2 test-payment-faults test-laws-alone 3>&1

.PHONY: test-payment-faults
test-payment-faults: $(READY)
	$(STARTED)
	@exec $(BIN)/pytest $(PAYMENT_FAULTS)

.PHONY: test-laws-alone
test-laws-alone: $(READY)
	$(STARTED)
	@exec $(BIN)/pytest tests/laws --ignore=$(PAYMENT_FAULTS)

.PHONY: test-laws-quickly
test-laws-quickly: $(READY)
	$(STARTED)
	@LAWS_OPERATIONS=100 exec $(BIN)/pytest tests/laws/test_laws.py -k hold_after_every_operation

.PHONY: test-stack
test-stack: $(READY)  ## Test the deployed application and its page: real triggers, real authorizers, IAM enforced, Chromium
	$(BIN)/pytest tests/stack tests/browser

.PHONY: test-stack-alone
test-stack-alone: $(READY)
	$(STARTED)
	@exec $(BIN)/pytest tests/stack --ignore=tests/stack/test_run.py

.PHONY: test-page
test-page: $(READY)
	$(STARTED)
	@TEST_STACK=test-page exec $(BIN)/pytest tests/browser tests/stack/test_run.py

.PHONY: test-switch
test-switch: $(READY)  ## Test the connectors with real switches: Kamailio, SIPp, and FreeRADIUS, on a stack of their own
	TEST_STACK=test-switch $(BIN)/pytest tests/switch

.PHONY: test-switch-alone
test-switch-alone: $(READY)
	$(STARTED)
	@TEST_STACK=test-switch exec $(BIN)/pytest tests/switch

.PHONY: test-browser
test-browser: $(READY)  ## Test the Billing page and the support desk in headless Chromium
	$(BIN)/pytest tests/browser

.PHONY: schemathesis
schemathesis: $(READY)  ## Send generated requests from docs/openapi.yaml to a stack of its own, for a minute
	TEST_STACK=test-schemathesis $(BIN)/pytest tests/fuzz -s

.PHONY: screenshots
screenshots: $(READY)  ## Take pictures of both pages in every state, size, language, and color scheme, into .local/screenshots
	$(BIN)/python -m tests.browser.screenshots

.PHONY: faults
faults: $(READY)  ## Test every fault at every request of every payment flow, and N=50 pairs of each: SEED=1 SHARE=1
	FAULTS_SEED="$(or $(SEED),20261123)" FAULTS_SHARE="$(or $(SHARE),1)" FAULTS_PAIRS="$(or $(N),50)" $(BIN)/pytest tests/laws/test_payment_faults.py tests/laws/test_next_round.py tests/laws/test_payment_writes.py tests/laws/test_tax_faults.py tests/laws/test_lot_faults.py

.PHONY: test-dynamodb
test-dynamodb: $(READY)  ## Run every test that needs DynamoDB against AWS_ENDPOINT_URL_DYNAMODB
	@test -n "$${AWS_ENDPOINT_URL_DYNAMODB:-}" || { echo "Set AWS_ENDPOINT_URL_DYNAMODB to the address of a DynamoDB," \
	  "for example http://127.0.0.1:8000 for DynamoDB Local." >&2; exit 2; }
	$(BIN)/pytest -m dynamodb tests/domain tests/functions tests/laws

.PHONY: bench
bench: $(READY)  ## Measure the budgets beside the usual tutorial stack and write docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks

#  The peer has an environment of its own, because its packages are no part of this application.
PEER_READY := .venv-peer/.ready
$(PEER_READY): tests/benchmarks/peers/requirements.txt
	python3 -m venv --clear .venv-peer
	.venv-peer/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.PHONY: bench-peers
bench-peers: $(READY) $(PEER_READY)  ## Charge the same calls with django-hordak on PostgreSQL and write docs/peers.md
	$(BIN)/python -m tests.benchmarks.peers .venv-peer/bin/python

# ----------------------------------------------------------------------------------------------------------------------
# Operate (the running local stack; STACK=name means that stack in your AWS account)
# ----------------------------------------------------------------------------------------------------------------------

#  A switch is on with 1 and off with 0 or nothing; any other word might have meant either.
flag = $(if $(filter-out 0 1,$($(1))),$(error $(1)=$($(1)): say $(1)=1, or leave it out),$(if $(filter 1,$($(1))),$(2)))

.PHONY: import-rates
import-rates: $(READY)  ## Inspect a carrier's sheet FILE= and propose a map; MAP= makes a deck: AMEND=1 OUT= MARKUP=percent FLOOR= COST=deck.csv; LIST=name makes a price list
	@$(BIN)/python -m ops.import_rates "$(or $(FILE),$(error Name a rate sheet: make import-rates FILE=sheet.xlsx))" \
	  $(if $(MAP),--map "$(MAP)") $(call flag,AMEND,--amend) $(if $(OUT),--out "$(OUT)") $(if $(MARKUP),--markup="$(MARKUP)") \
	  $(if $(FLOOR),--floor="$(FLOOR)") $(if $(COST),--cost "$(COST)") $(if $(LIST),--list "$(LIST)")

.PHONY: publish-rates
publish-rates: $(READY)  ## Check and publish FILE=deck.csv or short_codes.csv, or a price list LIST=name FILE=; DRAFT=1 only reports, ALLOW=code:count,... allows findings, SKIP_IMPACT=1
	@$(BIN)/python -m ops.publish_rates "$(or $(FILE),$(error Name a rate deck: make publish-rates FILE=deck.csv))" \
	  $(call flag,DRAFT,--draft) $(if $(ALLOW),--allow "$(ALLOW)") $(call flag,SKIP_IMPACT,--skip-impact) $(call flag,YES,--yes) \
	  $(if $(LIST),--list "$(LIST)")

.PHONY: list-price-lists
list-price-lists: $(READY)  ## List the price lists: active version, since when, rows
	@$(BIN)/python -m ops.list_price_lists

.PHONY: margins
margins: $(READY)  ## Report margins by destination and customer, by the buying list: FROM=date TO=date (UTC)
	@$(BIN)/python -m ops.margins --from "$(or $(FROM),$(error Name the first day: make margins FROM=2026-11-01 TO=2026-11-30))" \
	  --to "$(or $(TO),$(error Name the last day: make margins FROM=2026-11-01 TO=2026-11-30))"

.PHONY: add-area-code
add-area-code: $(READY)  ## Include an area code of +1 that is newer than this version: CODE=436 COUNTRY=US
	@$(BIN)/python -m ops.add_area_code "$(or $(CODE),$(error Name the area code: make add-area-code CODE=436 COUNTRY=US))" \
	  "$(or $(COUNTRY),$(error Name its country: make add-area-code CODE=436 COUNTRY=US))" $(call flag,YES,--yes)

.PHONY: rollback-rates
rollback-rates: $(READY)  ## Activate the previous deck, or TO=version; LIST=1 lists the decks, LIST=name means a price list, YES=1 skips the question
	@$(BIN)/python -m ops.rollback_rates $(if $(TO),--to "$(TO)") $(call flag,YES,--yes) \
	  $(if $(filter 1,$(LIST)),--list,$(if $(filter-out 0,$(LIST)),--price-list "$(LIST)"))

.PHONY: rerate-calls
rerate-calls: $(READY)  ## Charge calls that waited for a price; ACCOUNT=id FROM=date TO=date [DECK= LIST=] reprices, YES=1 posts
	@$(BIN)/python -m ops.rerate_calls $(if $(ACCOUNT),--account "$(ACCOUNT)") $(if $(FROM),--from "$(FROM)") \
	  $(if $(TO),--to "$(TO)") $(if $(DECK),--deck "$(DECK)") $(if $(PREFIX),--prefix "$(PREFIX)") \
	  $(if $(DESTINATION),--destination "$(DESTINATION)") $(if $(LIST),--list "$(LIST)") $(call flag,EVEN_PROMISED,--even-promised) \
	  $(call flag,EVEN_CORRECTED,--even-corrected) $(call flag,YES,--yes)

.PHONY: correct-call
correct-call: $(READY)  ## Correct a call: ACCOUNT=id CALL=key STARTED_AT=instant SECONDS=n (or WAIVE=1) REASON=text
	@$(BIN)/python -m ops.correct_call $(if $(ACCOUNT),--account "$(ACCOUNT)") $(if $(CALL),--call "$(CALL)") \
	  $(if $(STARTED_AT),--started-at "$(STARTED_AT)") $(if $(SECONDS),--seconds "$(SECONDS)") \
	  $(if $(REASON),--reason "$(REASON)") $(call flag,WAIVE,--waive) $(call flag,YES,--yes)

.PHONY: list-unrated
list-unrated: $(READY)  ## List calls without a price; KIND=stray | suspicious | line_mismatch: odd calls; unreadable: items
	@$(BIN)/python -m ops.list_unrated $(if $(KIND),--kind "$(KIND)")

.PHONY: list-payment-issues
list-payment-issues: $(READY)  ## List what Stripe reports but no payment here explains; none of it was credited
	@$(BIN)/python -m ops.list_payment_issues

.PHONY: relink-stripe
relink-stripe: $(READY)  ## After a move to another Stripe account: clear lost customers, suspend rules of lost cards; YES=1 skips the question
	@$(BIN)/python -m ops.relink_stripe $(call flag,YES,--yes)

.PHONY: check-stripe
check-stripe: $(READY)  ## Check Stripe's account, key rights, card settings, and webhook endpoint, and say what to correct
	@$(BIN)/python -m ops.check_stripe

.PHONY: audit
audit: $(READY)  ## Prove that the ledger of ACCOUNT=id adds up and agrees with Stripe
	@$(BIN)/python -m ops.audit "$(or $(ACCOUNT),$(error Name the account: make audit ACCOUNT=id))"

.PHONY: redrive
redrive: $(READY)  ## Send rejected calls (QUEUE=) or failed STREAM=recharge | events again; PEEK=1 shows, DROP=1, MALFORMED=1, OLDER_THAN=minutes, YES=1
	@$(BIN)/python -m $(if $(STREAM),ops.redrive_stream "$(STREAM)" $(if $(OLDER_THAN),--older-than "$(OLDER_THAN)"),ops.redrive \
	  $(if $(QUEUE),--queue "$(QUEUE)") $(call flag,DROP,--drop) $(call flag,MALFORMED,--malformed)) $(call flag,PEEK,--peek) $(call flag,YES,--yes)

.PHONY: replay-events
replay-events: $(READY)  ## Send the events of the archive FROM=time TO=time to the receivers again; YES=1 skips the question
	@$(BIN)/python -m ops.replay_events "$(or $(FROM),$(error Name the beginning: make replay-events FROM=2026-11-23T10:00Z TO=2026-11-23T12:00Z))" \
	  "$(or $(TO),$(error Name the end: make replay-events FROM=2026-11-23T10:00Z TO=2026-11-23T12:00Z))" $(call flag,YES,--yes)

.PHONY: replay-calls
replay-calls: $(READY)  ## Send the calls of the raw archive again, after a table was restored: FROM=moment [TO=moment], YES=1 skips the question
	@$(BIN)/python -m ops.replay_calls --from "$(or $(FROM),$(error Name the time: make replay-calls FROM=2026-11-23T10:00:00Z))" \
	  $(if $(TO),--to "$(TO)") $(call flag,YES,--yes)

.PHONY: restore-drill
restore-drill: $(READY)  ## Prove that the ledger can be restored to AT=moment, in a copy that is deleted afterwards; SAMPLE=30 KEEP=1 YES=1
	@$(BIN)/python -m ops.restore_drill "$(or $(AT),$(error Name the moment: make restore-drill AT=2026-11-23T10:00:00Z))" \
	  $(if $(SAMPLE),--sample "$(SAMPLE)") $(call flag,KEEP,--keep) $(call flag,YES,--yes)

.PHONY: freeze
freeze: $(READY)  ## Refuse new international calls, payments, and looser settings of ACCOUNT=id, at once
	@$(BIN)/python -m ops.freeze "$(or $(ACCOUNT),$(error Name the account: make freeze ACCOUNT=id))"

.PHONY: publish-tax
publish-tax: $(READY)  ## Publish the tax rates of FILE=rates.csv: country,region,rate_percent,effective_from; YES=1 skips the question
	@$(BIN)/python -m ops.publish_tax "$(or $(FILE),$(error Name the table: make publish-tax FILE=rates.csv))" $(call flag,YES,--yes)

.PHONY: unblock-card
unblock-card: $(READY)  ## Allow a card of ACCOUNT=id again after a dispute: CARD=payment_method_id | TOP_UP=id, REASON=text
	@$(BIN)/python -m ops.unblock_card $(if $(ACCOUNT),--account "$(ACCOUNT)") $(if $(CARD),--card "$(CARD)") \
	  $(if $(TOP_UP),--top-up "$(TOP_UP)") $(if $(REASON),--reason "$(REASON)") $(call flag,YES,--yes)

.PHONY: unfreeze
unfreeze: $(READY)  ## Resume calls and automatic recharge of ACCOUNT=id, and withdraw its freeze links
	@$(BIN)/python -m ops.freeze "$(or $(ACCOUNT),$(error Name the account: make unfreeze ACCOUNT=id))" --off

.PHONY: erase-number
erase-number: $(READY)  ## Erase a person's number: ACCOUNT=id NUMBER=+442071838750
	@$(BIN)/python -m ops.erase_number "$(or $(ACCOUNT),$(error Name the account: make erase-number ACCOUNT=id NUMBER=+44...))" \
	  "$(or $(NUMBER),$(error Name the number: make erase-number ACCOUNT=id NUMBER=+44...))" $(call flag,YES,--yes)

.PHONY: index-accounts
index-accounts: $(READY)  ## Index existing accounts by number, name, and address; continues where it stopped; YES=1 skips the question
	@$(BIN)/python -m ops.index_accounts $(call flag,YES,--yes)

.PHONY: index-countries
index-countries: $(READY)  ## Index the countries that accounts have called, before first_country_cap is switched on; [ACCOUNT=id]; YES=1 skips the question
	@$(BIN)/python -m ops.index_countries $(if $(ACCOUNT),--account "$(ACCOUNT)") $(call flag,YES,--yes)

.PHONY: withdraw-links
withdraw-links: $(READY)  ## Revoke all outstanding links of ACCOUNT=id
	@$(BIN)/python -m ops.withdraw_links "$(or $(ACCOUNT),$(error Name the account: make withdraw-links ACCOUNT=id))" $(call flag,YES,--yes)

.PHONY: connector-key
connector-key: $(READY)  ## Create a key for a switch: NAME=sbc-1 [ZONE=America/New_York PER_MINUTE=600]; REVOKE=sbc-1 ends it; alone, list
	@$(BIN)/python -m ops.connector_key $(if $(NAME),--name "$(NAME)") $(if $(ZONE),--zone "$(ZONE)") \
	  $(if $(PER_MINUTE),--per-minute "$(PER_MINUTE)") $(if $(REVOKE),--revoke "$(REVOKE)") $(call flag,YES,--yes)

.PHONY: build
build: $(READY)  ## Build for an environment of samconfig.toml: CONFIG_ENV=staging or production
	@$(BIN)/python -m ops.build "$(or $(CONFIG_ENV),staging)"

.PHONY: deploy
deploy: build deploy-built  ## Build and deploy to the AWS account you are signed in to: CONFIG_ENV=staging or production, YES=1

.PHONY: deploy-built
deploy-built: $(READY)  ## Deploy the last build, and record the release before it: CONFIG_ENV=staging or production, YES=1
	@$(BIN)/python -m ops.deploy "$(or $(CONFIG_ENV),staging)" $(call flag,YES,--yes)

.PHONY: rollback-release
rollback-release: $(READY)  ## Make the previous release live again, or TO=release; LIST=1 lists them, YES=1 skips the question
	@$(BIN)/python -m ops.rollback_release $(if $(TO),--to "$(TO)") $(call flag,LIST,--list) $(call flag,YES,--yes)

.PHONY: prune-versions
prune-versions: $(READY)  ## Delete versions of functions that no release needs, as make deploy does; YES=1 skips the question
	@$(BIN)/python -m ops.prune_versions $(call flag,YES,--yes)

.PHONY: smoke-test
smoke-test: $(READY)  ## Try a stack in Stripe's test mode: a held call, a charged call, a test card, and an audit
	@$(BIN)/python -m ops.smoke_test

.PHONY: watch-release
watch-release: $(READY)  ## Fail as soon as an alarm of the stack is red: MINUTES=15
	@$(BIN)/python -m ops.watch_release $(if $(MINUTES),--minutes "$(MINUTES)")

.PHONY: deploy-edge
deploy-edge: $(READY)  ## Deploy CloudFront and WAF before the API of STACK=name: DOMAIN= CERTIFICATE_ARN= [RATE=2000], in us-east-1
	@$(BIN)/python -m ops.deploy_edge "$(or $(DOMAIN),$(error Name the domain: make deploy-edge DOMAIN=billing.example.com))" \
	  "$(or $(CERTIFICATE_ARN),$(error Name its certificate in us-east-1: make deploy-edge CERTIFICATE_ARN=arn:...))" \
	  $(if $(RATE),--rate "$(RATE)") $(call flag,YES,--yes)

.PHONY: bootstrap
bootstrap: $(READY)  ## Protect a stack from deletion and replacement; GITHUB=owner/name CONFIG_ENV= lets its runs deploy; YES=1
	@$(BIN)/python -m ops.bootstrap $(if $(GITHUB),--github "$(GITHUB)") $(if $(CONFIG_ENV),--environment "$(CONFIG_ENV)") \
	  $(call flag,YES,--yes)

.PHONY: drift
drift: $(READY)  ## List what differs from the template in a stack; exit code 1 if anything does
	@$(BIN)/python -m ops.drift

# ----------------------------------------------------------------------------------------------------------------------
# Maintain
# ----------------------------------------------------------------------------------------------------------------------

.PHONY: format
format: $(READY)  ## Format the code and apply the linter's fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: rates
rates: $(READY)  ## Generate local/rates.csv from libphonenumber's metadata
	$(BIN)/python -m local.make_rates

.PHONY: schema
schema: $(READY)  ## Generate docs/call-event.schema.json and docs/events/
	$(BIN)/python -m ops.call_event_schema > docs/call-event.schema.json
	$(BIN)/python -m ops.event_schemas

.PHONY: openapi
openapi: $(READY)  ## Write docs/openapi.yaml, docs/api-errors.md, and the copy that GET /openapi.json serves
	$(BIN)/python -m ops.openapi

.PHONY: mails
mails: $(READY)  ## Write docs/emails.md, a sample of each mail
	$(BIN)/python -m ops.mail_samples > docs/emails.md

.PHONY: graph
graph: $(READY)  ## Generate the import graph in ARCHITECTURE.md
	$(BIN)/python -m ops.import_graph

#  npm, which comes with Node.js, installs the pinned esbuild into node_modules.
.PHONY: page
page: node_modules/.ready  ## Bundle the Billing page and the desk into functions/billing_page/bundle (needs Node.js 18 or newer)
	@node ops/bundle_page.mjs

node_modules/.ready: package-lock.json
	@npm ci --ignore-scripts --silent
	@touch $@

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --no-emit-package pip --custom-compile-command "make lock" --quiet $(if $(UPGRADE),--upgrade)

.PHONY: lock
lock: $(READY)  ## Lock the requirements after a change in pyproject.toml (UPGRADE=1 takes newer versions)
	$(BIN)/$(LOCK) --group dev --output-file requirements-dev.txt
	$(BIN)/$(LOCK) --output-file layers/domain/requirements.txt
	@$(BIN)/python -m ops.locks

.PHONY: audit-dependencies
audit-dependencies: $(READY)  ## Look for known vulnerabilities of all locked packages; exit code 2 if the service does not answer (OSV_URL=)
	@$(BIN)/python -m ops.audit_dependencies $(if $(OSV_URL),--osv-url "$(OSV_URL)")

.PHONY: sbom
sbom: $(READY)  ## Write the bill of materials of the layer into dist/ (CycloneDX JSON)
	@$(BIN)/python -m ops.sbom

.PHONY: clean
clean:  ## Remove everything that make created
	rm -rf .venv node_modules .local .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ----------------------------------------------------------------------------------------------------------------------

# uv, itself locked, installs the rest in seconds; pip does it where an index of your own is configured, or uv cannot.
$(READY): requirements-dev.txt .ci/make-venv
	@.ci/make-venv
	@touch $@
