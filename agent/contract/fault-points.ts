export {
  betweenFaults,
  type FaultKind,
  faultPoint,
  InjectedFault,
} from '../../state/platform/fault-points.js';
