/** The shape of a page while its code loads. */
export function PageSkeleton() {
  return (
    <main aria-busy="true" aria-label="Loading" className="mx-auto w-full max-w-[110rem] space-y-4 p-3 sm:p-6">
      <div className="h-48 animate-pulse rounded-card bg-sunken" />
      <div className="h-72 animate-pulse rounded-card bg-sunken" />
    </main>
  );
}
