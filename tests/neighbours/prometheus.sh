#!/usr/bin/env bash
# Prometheus for real: it scrapes the daemon, evaluates the alert rules of deploy/, and knows every series that the
# Grafana dashboard asks for.
#
#   tests/neighbours/prometheus.sh [BINARY]
set -euo pipefail
. "$(dirname "$0")/common.sh"

for program in prometheus promtool; do
    command -v "$program" >/dev/null || { left_out "$program is not installed (apt-get install prometheus)"; exit 0; }
done

step "rules"
expect "the alert rules are rules" promtool check rules "$HERE/deploy/prometheus-alerts.yaml"
expect "they fire when they should, and only then" promtool test rules "$HERE/deploy/prometheus-alerts.test.yaml"

metrics=127.0.0.1:$(free_port)
start_daemon --metrics-bind "$metrics"

step "$(prometheus --version 2>&1 | head -n 1 | cut -d ' ' -f 1-3) scrapes"
server=127.0.0.1:$(free_port)
cat >"$WORK/prometheus.yml" <<CONF
global: {scrape_interval: 200ms, evaluation_interval: 1s}
rule_files: ["$HERE/deploy/prometheus-alerts.yaml"]
scrape_configs:
  - job_name: posterizarrd
    static_configs: [{targets: ["$metrics"]}]
CONF
expect "its configuration" promtool check config "$WORK/prometheus.yml"
background prometheus prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/tsdb" --web.listen-address="$server"
query() { curl -fsG "http://$server/api/v1/query" --data-urlencode "query=$1"; }
answers() { query "$1" | python3 -c 'import json, sys; sys.exit(not json.load(sys.stdin)["data"]["result"])'; }
wait_for "the daemon is up in its eyes" answers 'up{job="posterizarrd"} == 1'
# A run, so that the series about runs are there.
expect "a testing run" "$BINARY" run --mode testing --wait --data-dir "$WORK/data"
wait_for "the run is counted" answers 'posterizarr_runs_total{mode="testing"} >= 1'
healthy() { curl -fs "http://$server/api/v1/rules" | python3 -c '
import json, sys
rules = [rule for group in json.load(sys.stdin)["data"]["groups"] for rule in group["rules"]]
sys.exit(not rules or any(rule["health"] != "ok" for rule in rules))'; }
wait_for "every alert rule is evaluated" healthy

step "the Grafana dashboard's queries"
python3 - "$HERE/deploy/grafana-dashboard.json" >"$WORK/queries" <<'PYTHON'
import json, sys
for panel in json.load(open(sys.argv[1]))["panels"]:
    for target in panel.get("targets", []):
        print(target["expr"].replace('$job', ".*").replace("$__rate_interval", "1m").replace("[1d]", "[1m]"))
PYTHON
while read -r expression; do
    case $expression in
        # Nothing runs, so that it answers with nothing; only that it is understood is looked at.
        *"> 0") expect "understood: $expression" query "$expression" ;;
        # Only while something runs, which is over by now.
        posterizarr_run_items_done* | posterizarr_run_log_problems*) wait_for "answered: $expression" answers "last_over_time(${expression}[5m])" ;;
        *) wait_for "answered: $expression" answers "$expression" ;;
    esac
done <"$WORK/queries"
