#!/usr/bin/env bash
# Fills a timeline with the bookings of several users through the public API: some run now, some later today and tomorrow, one
# fails, one is cancelled; with the token of an administrator there is a pause too.
#
# usage: tools/seed.sh [URL]        (make seed, make seed URL=http://localhost:3000)
#
# Without a URL it starts a service of its own on the simulated ComfyUI, in a folder that it removes, and goes on booking until
# Ctrl-C. COMFYSCHED_TOKEN may hold the administrator's token of the service at URL.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d) service="" url=${1:-}
stop() {
	trap '' INT TERM
	[ -z "$service" ] || kill -TERM "$service" 2>/dev/null || true
	wait || true
	rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

start() {
	local port=${PORT:-3100} output=$folder/output
	sed -e "s|\"port\": 3000|\"port\": $port|" \
		-e "s|\"api_port\": 8188|\"api_port\": $((port + 1)), \"extra_args\": [\"--step-time\", \"2s\"]|" \
		-e "s|\"output_dir\": \"output\"|\"output_dir\": \"$folder/pictures\"|" \
		-e "s|\"./workflows/|\"$PWD/workflows/|" config.json >"$folder/config.json"
	mkfifo "$output"
	bin/comfyscheduler serve --config "$folder/config.json" 2>"$folder/log" >"$output" &
	service=$!
	echo "starting a service; its two first generations take half a minute"
	while read -r line; do
		case $line in
		*"is at "*) url=${line##*is at }; url=${url%% *}; break ;;
		esac
	done <"$output"
	[ -n "$url" ] || { cat "$folder/log" >&2; exit 1; }
	COMFYSCHED_TOKEN=$(cat "$folder/data/admin-token")
}

# as runs comfysched as a user, who signs in with the first call.
as() {
	local name=$1
	shift
	COMFYSCHED_CONFIG_DIR=$folder/$name COMFYSCHED_SERVER=$url bin/comfysched "$@"
}

people=(Ada Björn Chiara Dele Emi Farid)
prompts=(
	"a red fox in the snow, watercolour" "a lighthouse in a storm" "a market in the rain at night" "an old tram on a hill"
	"a forest of glass" "a desk by the window, early morning" "a heron over still water" "two children flying a kite"
	"a library under the sea" "the same fox, asleep" "rooftops after the rain" "a portrait of a gardener, film grain"
)

prompt() { echo "${prompts[RANDOM % ${#prompts[@]}]}"; }

book() { as "$1" book --quiet "${@:2}"; }

seed() {
	local token=${COMFYSCHED_TOKEN:-} name minutes
	unset COMFYSCHED_TOKEN # it would make everybody the administrator
	for name in "${people[@]}"; do
		as "$name" whoami --rename "$name" --quiet >/dev/null || as "$name" whoami --quiet >/dev/null # the name may be taken
	done
	for name in "${people[@]}"; do
		book "$name" --next "$(prompt)" >/dev/null
	done
	for minutes in 1 2 3 5 8 9 12 20 21 22 30 45 46 60 90 91 120 150 180; do
		name=${people[RANDOM % ${#people[@]}]}
		book "$name" --after "in ${minutes}m" "$(prompt)" >/dev/null
	done
	for name in "${people[@]}"; do
		book "$name" --after "tomorrow 9:00" "$(prompt)" >/dev/null
	done
	book Dele --next "paint that runs out [[fail]]" >/dev/null
	as Emi cancel "$(book Emi --after "in 10m" "a picture that nobody needs any more")" >/dev/null
	if [ -n "$token" ]; then
		COMFYSCHED_TOKEN=$token as administrator worker pause --at "in 40m" --for 15m --move --reason "a new driver" >/dev/null
	fi
}

[ -n "$url" ] || start
seed
echo "the timeline of $url is full"
[ -n "$service" ] || exit 0
echo "it goes on until Ctrl-C"
while kill -0 "$service" 2>/dev/null; do
	sleep $((4 + RANDOM % 12))
	book "${people[RANDOM % ${#people[@]}]}" --next "$(prompt)" >/dev/null || true
done
