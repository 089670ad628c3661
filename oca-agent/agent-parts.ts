import type { AgentState } from './control/agent-state.ts';
import type { IdentityKeeper } from './control/identity.ts';
import type { ParityKeeper } from './parity/parity-keeper.ts';
import type { HttpClient } from './platform/http-client.ts';
import type { CertificateKeeper } from './platform/tls-keeper.ts';
import type { AssetStore } from './store/asset-store.ts';

/** What is opened before an agent can be built. */
export interface AgentParts {
  readonly state: AgentState;
  readonly store: AssetStore;
  /** Undefined where parity is off. */
  readonly parityKeeper: ParityKeeper | undefined;
  readonly identity: IdentityKeeper;
  /** Undefined where clients are served in the clear, or by others in front of us. */
  readonly certificate: CertificateKeeper | undefined;
  /** Shows the identity, to the control plane alone. */
  readonly controlClient: HttpClient;
}
