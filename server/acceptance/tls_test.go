//go:build linux

package acceptance_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
)

// selfSigned makes a certificate for 127.0.0.1 and the pool that trusts it.
func selfSigned(t *testing.T, folder string) (certificate, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key, pool = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"), x509.NewCertPool()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})
	pool.AppendCertsFromPEM(text)
	if err := errors.Join(os.WriteFile(certificate, text, 0o644), os.WriteFile(key, pem.EncodeToMemory(&pem.Block{
		Type:  "PRIVATE KEY",
		Bytes: secret,
	}), 0o600)); err != nil {
		t.Fatal(err)
	}
	return certificate, key, pool
}

func TestEncryptedPort(t *testing.T) {
	s := newSite(t)
	certificate, key, pool := selfSigned(t, s.Folder)
	s.with("server.tls", map[string]any{"cert_file": certificate, "key_file": key}).start()
	if !strings.HasPrefix(s.url, "https://") {
		t.Fatalf("address %s", s.url)
	}
	for _, version := range []int{1, 2} {
		var protocols http.Protocols
		protocols.SetHTTP1(version == 1)
		protocols.SetHTTP2(version == 2)
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, Protocols: &protocols}
		identity := comfyschedulerv1connect.NewIdentityServiceClient(&http.Client{Transport: transport}, s.url)
		ctx, call := connect.NewClientContext(t.Context())
		if _, err := identity.SignIn(ctx, &pb.SignInRequest{Delivery: pb.TokenDelivery_TOKEN_DELIVERY_COOKIE}); err != nil {
			t.Fatalf("HTTP/%d: %v", version, err)
		}
		cookie := call.ResponseHeader().Get("Set-Cookie")
		for _, part := range []string{"HttpOnly", "Secure", "SameSite=Strict"} {
			if !strings.Contains(cookie, part) {
				t.Errorf("the cookie lacks %s: %s", part, cookie)
			}
		}
	}
	if line := s.raw("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); !strings.Contains(line, " 400 ") {
		t.Errorf("without encryption: %q", line)
	}
	// A renewed certificate is taken without a restart.
	renewed, renewedKey, renewedPool := selfSigned(t, t.TempDir())
	for from, to := range map[string]string{renewedKey: key, renewed: certificate} {
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, data, 0o600)
		}
		if err == nil {
			err = os.Chtimes(to, time.Time{}, time.Now().Add(time.Minute))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	conn, err := tls.Dial("tcp", s.address(), &tls.Config{RootCAs: renewedPool, ServerName: "127.0.0.1"})
	if err != nil {
		t.Fatalf("with the renewed certificate: %v", err)
	}
	_ = conn.Close()
	var unknownAuthority x509.UnknownAuthorityError
	if _, err := tls.Dial("tcp", s.address(), &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}); !errors.As(err, &unknownAuthority) {
		t.Errorf("the old certificate is still in use: %v", err)
	}
}

func TestStartSaysWhatIsExposed(t *testing.T) {
	s := newSite(t).with("server.host", "0.0.0.0").start()
	for _, want := range []string{"the port is not encrypted", "access.mode is open"} {
		s.says(want)
	}
	quiet := newSite(t).start()
	if strings.Contains(quiet.log.String(), "level=WARN") {
		t.Errorf("on loopback: %s", quiet.log.String())
	}
}
