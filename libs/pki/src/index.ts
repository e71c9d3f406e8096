export { CertificateAuthority, type CertificateRequest, type IssuedCertificate } from './certificate-authority.gateway.js';
