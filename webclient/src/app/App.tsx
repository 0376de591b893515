import { lazy, Suspense, useEffect } from "react";
import { BrowserRouter, Navigate, Route, Routes, useLocation, useNavigationType, useParams } from "react-router";
import { NoticeProvider } from "../components/Notices";
import { Header } from "../features/shell/Header";
import { LinkBanner } from "../features/shell/LinkBanner";
import { UpgradeNotice } from "../features/shell/UpgradeNotice";
import { useLive } from "../live/LiveContext";
import { NotFoundPage } from "./pages/NotFoundPage";
import { PageSkeleton } from "./pages/PageSkeleton";

const SchedulerPage = lazy(() => import("./pages/SchedulerPage"));
const DashboardPage = lazy(() => import("./pages/DashboardPage"));
const WorkflowsPage = lazy(() => import("./pages/WorkflowsPage"));
const EstimatesPage = lazy(() => import("./pages/EstimatesPage"));
const AccountPage = lazy(() => import("./pages/AccountPage"));
const SignInPage = lazy(() => import("./pages/SignInPage"));
const InvitationPage = lazy(() => import("./pages/InvitationPage"));
const Door = lazy(() => import("../features/door/Door"));
const AdminPage = lazy(() => import("./pages/AdminPage"));
const WorkersPage = lazy(() => import("./pages/WorkersPage"));
const Users = lazy(() => import("../features/admin/Users"));
const Invitations = lazy(() => import("../features/admin/Invitations"));
const Audit = lazy(() => import("../features/admin/Audit"));

export function App() {
  return (
    <BrowserRouter>
      <NoticeProvider>
        <Header />
        <LinkBanner />
        <UpgradeNotice />
        <Suspense fallback={<PageSkeleton />}>
          <Pages />
        </Suspense>
      </NoticeProvider>
    </BrowserRouter>
  );
}

/** A page that was asked for is shown from its top; one that is returned to is shown as the browser remembers it. */
function useTop(): void {
  const { pathname } = useLocation();
  const returned = useNavigationType() === "POP";
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is the reason
  useEffect(() => {
    if (!returned) scrollTo(0, 0);
  }, [pathname, returned]);
}

/** The address of a job, as `comfysched open` prints it: the timeline with that job chosen. */
function JobLink() {
  const { id = "" } = useParams();
  return <Navigate to={`/?job=${encodeURIComponent(id)}`} replace />;
}

function Pages() {
  useTop();
  const outside = useLive(({ link }) => link.phase === "signed-out");
  if (outside)
    return (
      <Routes>
        <Route path="invitation" element={<InvitationPage />} />
        <Route path="*" element={<Door />} />
      </Routes>
    );
  return (
    <Routes>
      <Route index element={<SchedulerPage />} />
      <Route path="jobs/:id" element={<JobLink />} />
      <Route path="dashboard" element={<DashboardPage />} />
      <Route path="workflows" element={<WorkflowsPage />} />
      <Route path="estimates" element={<EstimatesPage />} />
      <Route path="account" element={<AccountPage />} />
      <Route path="sign-in" element={<SignInPage />} />
      <Route path="invitation" element={<InvitationPage />} />
      <Route path="admin" element={<AdminPage />}>
        <Route index element={<Navigate to="users" replace />} />
        <Route path="users" element={<Users />} />
        <Route path="invitations" element={<Invitations />} />
        <Route path="comfyui" element={<WorkersPage />} />
        <Route path="audit" element={<Audit />} />
      </Route>
      <Route path="*" element={<NotFoundPage />} />
    </Routes>
  );
}
