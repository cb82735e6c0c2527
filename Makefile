# Each command installs what it lacks, and takes seconds when nothing changed.
.DEFAULT_GOAL := help
.PHONY: help run test dev bench sqlx pictures

help: ## This list
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: ## The site on http://127.0.0.1:3000 (BIND_ADDR moves it), with demo data
	@scripts/run

test: ## Everything that must hold before a change lands
	@scripts/test

dev: ## Like run, and again at every change of a source
	@scripts/dev

bench: ## Measures a release build against the bare parts it stands on
	@scripts/bench

sqlx: ## Records the queries in .sqlx, after a change of a query or of the schema
	@scripts/sqlx-prepare

pictures: ## Takes the README's pictures from the site that runs (SITE says where)
	@cd end2end && npx playwright test --config pictures
