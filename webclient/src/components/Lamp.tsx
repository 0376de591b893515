const looks = {
  good: "bg-done",
  busy: "bg-running animate-pulse",
  bad: "rounded-[2px] bg-failed",
  still: "bg-waiting",
};

/** How something is, as a colour; its words stand beside it. */
export function Lamp({ tone, className = "size-2" }: { tone: keyof typeof looks; className?: string }) {
  return <span aria-hidden="true" className={`inline-block shrink-0 rounded-full ${looks[tone]} ${className}`} />;
}
