/** Schema of `passTLSClientCert`. */
import { boolean, object, optional, type Static } from '@ficus/common/config/schema.ts';

const tell = (what: string) => optional(boolean(`Tells ${what}. Default: false.`));

const names = {
  country: tell('the countries (`C`)'),
  province: tell('the states or provinces (`ST`)'),
  locality: tell('the localities (`L`)'),
  organization: tell('the organizations (`O`)'),
  commonName: tell('the common name (`CN`)'),
  serialNumber: tell('the serial number of the name (`SN`)'),
  domainComponent: tell('the domain components (`DC`)'),
};

export const passTLSClientCertSchema = object(
  'Tells endpoints of the certificate that the client showed. Whether it was verified is for the TLS options to say.',
  {
    pem: optional(
      boolean(
        'Sends the certificates, without the lines around them, in `X-Forwarded-Tls-Client-Cert`. Default: false.',
      ),
    ),
    info: optional(
      object('Sends these details in `X-Forwarded-Tls-Client-Cert-Info`, escaped as in a query.', {
        notAfter: tell('the end of its life, in seconds since 1970 (`NA`)'),
        notBefore: tell('the beginning of its life, in seconds since 1970 (`NB`)'),
        sans: tell('the alternative names (`SAN`)'),
        serialNumber: tell('its serial number, decimal (`SerialNumber`)'),
        subject: optional(
          object('Tells of whom it is (`Subject`).', {
            ...names,
            organizationalUnit: tell('the organizational units (`OU`)'),
          }),
        ),
        issuer: optional(object('Tells who issued it (`Issuer`).', names)),
      }),
    ),
  },
);
export type PassTLSClientCertConfig = Static<typeof passTLSClientCertSchema>;
