export { ControlPlane, type ControlPlaneOptions } from './control-plane.js';
export { type Lab, type LabOptions, openLab, stopLab } from './lab.js';
export { TcpFaultProxy, type TcpFaultProxyOptions } from './tcp-fault-proxy.js';
export type { Progress } from './progress.js';
