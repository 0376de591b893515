#!/bin/sh
# Books ten pictures, one after the other from a chosen time on, waits for them, and saves them.
#
# usage: ten-prompts.sh [DIRECTORY [TIME]]
#
# DIRECTORY is where the pictures go (default: pictures), TIME is when the first one should start (default: in 1m; any
# time that "comfysched book --after" takes). When somebody else holds a slot, the next free start after it is taken.
set -eu

directory=${1:-pictures}
time=${2:-in 1m}

# Books one picture at exactly this time. When the slot is taken (exit code 3), or the moment has passed meanwhile (2), it is
# booked at the first start that is free from then on; the server finds that start and books it in one step, so nobody can
# be faster. Prints the row of the job.
book() {
	code=0
	comfysched book --at "$1" --prompt "$2" || code=$?
	case $code in
	2 | 3) comfysched book --after "$1" --prompt "$2" ;;
	*) return "$code" ;;
	esac
}

jobs=""
while read -r prompt; do
	row=$(book "$time" "$prompt")
	jobs="$jobs $(echo "$row" | cut -f 1)"
	# The next one is tried at the very end of this slot. Slots that touch collide, so this conflicts on purpose.
	time=$(echo "$row" | cut -f 4)
	echo "$row"
done <<PROMPTS
a red fox in the snow
a lighthouse in a storm
a market in the rain at night
an old tram on a hill
a forest of glass
a desk by the window, early morning
a heron over still water
two children flying a kite
a library under the sea
the same fox, asleep
PROMPTS

# The exit code is 7 when one of them failed; the others are saved all the same.
# shellcheck disable=SC2086 # the ids are words of their own
exec comfysched wait $jobs --download "$directory"
