/** How much is done, from 0 to 1. */
export function ProgressBar({ share, label, className = "" }: { share: number; label: string; className?: string }) {
  const percent = Math.round(share * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className={`h-2 overflow-hidden rounded-full bg-running-wash ${className}`}
    >
      <div
        className="h-full origin-left rounded-full bg-running transition-transform duration-300"
        style={{ transform: `scaleX(${share})` }}
      />
    </div>
  );
}
