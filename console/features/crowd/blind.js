// Why a camera is blind, in the reader's language.

import { state, t } from "../page.js";

/** The word for a camera's fault; a fault that has none is shown as it came. */
export const blindReason = (fault) => (state.words[`blind_${fault}`] ? t(`blind_${fault}`) : fault);
