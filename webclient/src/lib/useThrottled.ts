import { useEffect, useRef, useState } from "react";

/** The value, renewed at most once in `interval` milliseconds; the first change comes through at once. */
export function useThrottled<T>(value: T, interval: number): T {
  const [shown, setShown] = useState(value);
  const last = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, last.current + interval - performance.now());
    const show = () => {
      last.current = performance.now();
      setShown(value);
    };
    if (wait === 0) return show();
    const timer = setTimeout(show, wait);
    return () => clearTimeout(timer);
  }, [value, interval]);
  return shown;
}
