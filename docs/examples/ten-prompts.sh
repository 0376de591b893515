#!/bin/sh
# Books ten pictures, one after the other from a chosen time on, waits for them, and saves them.
#
# usage: ten-prompts.sh [DIRECTORY [TIME]]
#
# DIRECTORY is where the pictures go (default: pictures), TIME is when the first one should start (default: in 1m; any
# time that "comfysched book --at" takes). When somebody else holds a slot, or takes it at the same moment, the next free
# start is taken instead.
set -eu

directory=${1:-pictures}
time=${2:-in 1m}

# Books one picture at a time given to the millisecond. On a conflict (exit code 3) it asks for the first start that is
# free from then on, and tries again: between the two answers somebody may be faster. Prints the id of the job.
book() {
	at=$1 prompt=$2
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		code=0
		comfysched book --at "$at" --quiet --prompt "$prompt" || code=$?
		[ "$code" -eq 3 ] || return "$code"
		at=$(comfysched free "$at" --limit 1 | cut -f 2)
	done
	echo "ten-prompts: somebody was faster ten times" >&2
	return 3
}

jobs=""
while read -r prompt; do
	id=$(book "$time" "$prompt")
	jobs="$jobs $id"
	# The next one is tried at the very end of this slot. Slots that touch collide, so this conflicts on purpose.
	time=$(comfysched show "$id" | cut -f 4)
	echo "$id  $prompt"
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
