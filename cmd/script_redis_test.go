package cmd_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tidings/internal/state/redistest"
)

// redisServers are those of all scripts.
type redisServers struct {
	mu      sync.Mutex
	running map[string]func() error // by directory
}

// do is
//
//	redis start VAR [setting...]   runs a server; VAR is its URL
//	redis tls VAR                  one that speaks TLS, with a certificate that is trusted
//	redis kill VAR                 as kill -9 does; start runs it again, with what it had
//	redis empty VAR                takes away what it had
func (r *redisServers) do(ts *testscript.TestScript, args []string) error {
	if !redistest.Installed() {
		return errors.New("there is no redis-server; install it (`make redis`)")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	what, variable := args[0], args[1]
	key := variable + "_DIR"
	dir := ts.Getenv(key)
	if dir == "" {
		made, err := os.MkdirTemp("", "redis-") // a socket's path has to be short
		if err != nil {
			return err
		}
		dir = made
		ts.Setenv(key, dir)
		ts.Defer(func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			_ = r.kill(dir)
			_ = os.RemoveAll(dir)
		})
	}
	switch what {
	case "kill":
		return r.kill(dir)
	case "empty":
		return errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700))
	case "tls":
		settings, url, err := tlsSettings(dir)
		if err != nil {
			return err
		}
		if _, err := r.start(dir, settings); err != nil {
			return err
		}
		ts.Setenv("SSL_CERT_FILE", filepath.Join(dir, "cert.pem"))
		ts.Setenv(variable, url)
		return nil
	}
	url, err := r.start(dir, args[2:])
	ts.Setenv(variable, url)
	return err
}

func (r *redisServers) start(dir string, settings []string) (string, error) {
	url, stop, err := redistest.Run(dir, settings...)
	if err == nil {
		if r.running == nil {
			r.running = map[string]func() error{}
		}
		r.running[dir] = stop
	}
	return url, err
}

func (r *redisServers) kill(dir string) error {
	stop := r.running[dir]
	delete(r.running, dir)
	if stop == nil {
		return nil
	}
	return stop()
}

// tlsSettings makes a certificate for 127.0.0.1 and finds a port.
func tlsSettings(dir string) (settings []string, url string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	made, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		return nil, "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, "", err
	}
	cert, private := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	err = errors.Join(
		os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made}), 0o600),
		os.WriteFile(private, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	if err != nil {
		return nil, "", err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return []string{
		"--tls-port", fmt.Sprint(port), "--tls-cert-file", cert, "--tls-key-file", private, "--tls-auth-clients", "no", "--requirepass", "geheim",
	}, fmt.Sprintf("rediss://:geheim@127.0.0.1:%d/0", port), l.Close()
}
