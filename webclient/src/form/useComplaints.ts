import { useState } from "react";
import type { FieldErrors, FormValues } from "./values";

/** Gives what is wrong with the fields that still hold what was refused: a complaint goes away with what it was about. */
export function useComplaints(errors: FieldErrors, values: FormValues): FieldErrors {
  const [refused, setRefused] = useState({ errors, values });
  const isNew = refused.errors !== errors;
  if (isNew) setRefused({ errors, values });
  const before = isNew ? values : refused.values;
  return new Map([...errors].filter(([name]) => values[name] === before[name]));
}
