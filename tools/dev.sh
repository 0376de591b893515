#!/usr/bin/env bash
# Starts the service and, when its port is open, the web client's development server before it: what is changed in webclient/src
# is in the browser at once. Ctrl-C ends both. For changes of Go code start it again; bookings stay.
#
# usage: tools/dev.sh [CONFIG]      (make dev)
set -euo pipefail
cd "$(dirname "$0")/.."

output=$(mktemp -u) service="" client=""
stop() {
	trap '' INT TERM # both have heard a Ctrl-C too
	[ -z "$client" ] || kill "$client" 2>/dev/null || true
	[ -z "$service" ] || kill -TERM "$service" 2>/dev/null || true
	wait || true
	rm -f "$output"
}
trap stop EXIT
trap 'exit 130' INT TERM

mkfifo "$output"
bin/comfyscheduler serve --config "${1:-config.json}" --log-level debug >"$output" &
service=$!
url=""
while read -r line; do
	case $line in
	*"is at "*) url=${line##*is at }; url=${url%% *}; break ;;
	esac
done <"$output"
[ -n "$url" ] || { echo "the service has not started" >&2; exit 1; }

echo "the service is at $url; the page that reloads is below"
(cd webclient && COMFYSCHEDULER_URL=$url exec npm run --silent dev) &
client=$!
wait -n # whichever ends ends the other
