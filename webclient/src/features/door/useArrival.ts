import { useCallback } from "react";
import { TokenDelivery } from "../../gen/comfyscheduler/v1/identity_service_pb";
import { browserName } from "../../lib/browserName";
import { useLiveContext } from "../../live/LiveContext";

const asCookie = () => ({ delivery: TokenDelivery.COOKIE, clientName: browserName(navigator.userAgent) });

/** The ways in. Each sets the browser's cookie and lets the page connect as the user it stands for. */
export function useArrival() {
  const { api, link } = useLiveContext();
  const withToken = useCallback(
    async (token: string) => {
      await api.identity.signInWithToken({ ...asCookie(), token });
      link.renew();
    },
    [api, link],
  );
  /** As a new user, with an invitation where one is needed. */
  const asNewUser = useCallback(
    async (invitation = "") => {
      await api.identity.signIn({ ...asCookie(), invitation });
      link.renew();
    },
    [api, link],
  );
  return { withToken, asNewUser };
}
