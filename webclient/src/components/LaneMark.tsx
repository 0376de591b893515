/**
 * The mark of a lane: a number in a colour of its own. The number says which it is to those who see no colours, and there are more
 * lanes than colours.
 */
export function LaneMark({ place, className = "" }: { place: number; className?: string }) {
  return (
    <span aria-hidden="true" data-hue={place % 8} className={`lane-mark ${className}`}>
      {place + 1}
    </span>
  );
}
