import { lazy, Suspense } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { NoticeProvider } from "../components/Notices";
import { Header } from "../features/shell/Header";
import { LinkBanner } from "../features/shell/LinkBanner";
import { UpgradeNotice } from "../features/shell/UpgradeNotice";
import { NotFoundPage } from "./pages/NotFoundPage";
import { PageSkeleton } from "./pages/PageSkeleton";

const SchedulerPage = lazy(() => import("./pages/SchedulerPage"));
const DashboardPage = lazy(() => import("./pages/DashboardPage"));

export function App() {
  return (
    <BrowserRouter>
      <NoticeProvider>
        <Header />
        <LinkBanner />
        <UpgradeNotice />
        <Suspense fallback={<PageSkeleton />}>
          <Routes>
            <Route index element={<SchedulerPage />} />
            <Route path="dashboard" element={<DashboardPage />} />
            <Route path="*" element={<NotFoundPage />} />
          </Routes>
        </Suspense>
      </NoticeProvider>
    </BrowserRouter>
  );
}
