package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"throughline/models"
	"throughline/models/store"
	"throughline/models/store/blob"
)

// database are the settings that say where the data is; every command has them.
type database struct {
	Data        string `setting:"" default:"./throughline-data" placeholder:"DIR" help:"Folder of the embedded database (throughline.db)."`
	Files       string `setting:"" placeholder:"DIR" help:"Folder of uploaded files; the default is files in the data folder. Several machines share one. It may be s3://…, like that of artifacts."`
	MaxFile     string `setting:"" default:"50MiB" placeholder:"SIZE" help:"The largest file that may be uploaded."`
	Artifacts   string `setting:"" placeholder:"DIR|s3://…" help:"Where artifacts of runs and models are kept: a folder, by default artifacts in the data folder, or s3://BUCKET/PREFIX?endpoint=https://HOST&region=NAME&path_style=true. Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."`
	MaxArtifact string `setting:"" default:"64GiB" placeholder:"SIZE" help:"The largest artifact that may be logged."`
	DatabaseURL string `setting:"" name:"database-url" placeholder:"URL" help:"PostgreSQL instead of the embedded database: postgres://USER:PASSWORD@HOST/NAME."`

	SecretKeyFile string `setting:"" name:"secret-key-file" placeholder:"FILE" help:"Keys that seal secrets at rest, one a line; the first seals. Without it DATA/secret.key, made at the first start."`
	SecretKey     string `setting:"" name:"secret-key" hidden:""` // by its variable: a command line can be read by others
}

// logging are the settings of what is written to standard error.
type logging struct {
	LogFormat string `setting:"" default:"text" placeholder:"FORMAT" help:"How to write the log: text or json."`
	LogLevel  string `setting:"" default:"${level}" placeholder:"LEVEL" help:"The least level to write: debug, info, warn or error."`
}

// web are the settings of the server.
type web struct {
	Addr           string   `setting:"" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to listen on."`
	BaseURL        string   `setting:"" name:"base-url" placeholder:"URL" help:"The address people use, when it is another: https://throughline.example.com. Cookies are Secure exactly when it is https."`
	AllowedHosts   []string `setting:"" placeholder:"HOST" help:"More host names that requests may be addressed to; the base URL's, the address's own and localhost always may."`
	AllowUpstream  []string `setting:"" placeholder:"HOST[:PORT]" help:"An upstream on a private address that may be polled; repeatable."`
	MLMDDir        string   `setting:"" name:"mlmd-dir" placeholder:"FOLDER" help:"Where SQLite files of ML Metadata may be read by the integration TFX; none by default."`
	TrustedProxies []string `setting:"" placeholder:"CIDR" help:"Networks of the proxies in front, such as 10.0.0.0/8: their X-Forwarded-For says who asks, for limits on guessing and for the log. Nobody's by default."`
	DrainWait      string   `setting:"" default:"0s" placeholder:"DURATION" help:"After SIGTERM, how long /readyz says no before connections are refused, so that load balancers notice."`
}

// settings are those of serve and demo.
type settings struct {
	web
	providers
	database
	logging
}

// variable is the environment variable of a setting: --base-url is THROUGHLINE_BASE_URL.
func variable(flag string) string {
	return "THROUGHLINE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnvironment gives a setting the value of its variable, unless its flag is given.
func fromEnvironment(env lookup) kong.ResolverFunc {
	return func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if value, ok := env(variable(flag.Name)); ok && value != "" && flag.Tag.Has("setting") {
			return value, nil
		}
		return nil, nil
	}
}

func helpWithVariable(v *kong.Value) string {
	if !v.Tag.Has("setting") {
		return v.Help
	}
	about := variable(v.Name)
	if v.Default != "" {
		about += ", default " + v.Default
	}
	return strings.TrimSuffix(v.Help, ".") + " (" + about + ")."
}

// wrong collects what is wrong, so that all of it is said at once.
type wrong []string

func (w *wrong) add(flag, format string, args ...any) {
	*w = append(*w, fmt.Sprintf("--%s (%s): ", flag, variable(flag))+fmt.Sprintf(format, args...))
}

// say adds what is wrong with a flag that has no variable.
func (w *wrong) say(format string, args ...any) { *w = append(*w, fmt.Sprintf(format, args...)) }

// err is all that is wrong as one refusal, or nil.
func (w wrong) err() error {
	switch len(w) {
	case 0:
		return nil
	case 1:
		return refusal{errors.New("a setting is wrong.\n  " + w[0])}
	}
	return refusal{fmt.Errorf("%d settings are wrong.\n  %s", len(w), strings.Join(w, "\n  "))}
}

func (s settings) check() error {
	var w wrong
	s.web.check(&w)
	s.providers.check(&w)
	s.database.check(&w)
	s.logging.check(&w)
	return w.err()
}

func (s web) check(w *wrong) {
	if !isAddress(s.Addr) {
		w.add("addr", "%q is not HOST:PORT, such as 127.0.0.1:8080 or :8080.", s.Addr)
	}
	if u, err := url.Parse(s.BaseURL); s.BaseURL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "") {
		w.add("base-url", "%q is not http://HOST or https://HOST, without a path.", s.BaseURL)
	}
	for _, host := range s.AllowedHosts {
		if strings.ContainsAny(host, "/ @") {
			w.add("allowed-hosts", "%q is not a host name.", host)
		}
	}
	for _, host := range s.AllowUpstream {
		if host == "" || strings.ContainsAny(host, "/ @") {
			w.add("allow-upstream", "%q is not HOST or HOST:PORT.", host)
		}
	}
	if _, bad := networks(s.TrustedProxies); bad != "" {
		w.add("trusted-proxies", "%q is not a network such as 10.0.0.0/8 or an address.", bad)
	}
	if d, err := time.ParseDuration(s.DrainWait); err != nil || d < 0 || d > 10*time.Second {
		w.add("drain-wait", "%q is not a duration from 0s to 10s.", s.DrainWait)
	}
}

// networks reads CIDRs, and addresses as networks of one; bad is the first that is
// neither.
func networks(list []string) (out []netip.Prefix, bad string) {
	for _, text := range list {
		prefix, err := netip.ParsePrefix(text)
		if addr, other := netip.ParseAddr(text); other == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return nil, text
		}
		out = append(out, prefix.Masked())
	}
	return out, ""
}

func isAddress(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

func (s database) check(w *wrong) {
	if s.DatabaseURL == "" && s.Data == "" {
		w.add("data", "name a folder, or a PostgreSQL database with --database-url.")
	}
	if _, err := parseSize(s.MaxFile, maxMaxFile); s.MaxFile != "" && err != nil {
		w.add("max-file", "%q is no size from 1KiB to 4GiB, such as 50MiB.", s.MaxFile)
	}
	s.checkStorage(w)
	if u, err := url.Parse(s.DatabaseURL); s.DatabaseURL != "" && (err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql") {
		w.add("database-url", "is not an address such as postgres://throughline:PASSWORD@db.example.com/throughline.") // never echoed: it holds a password
	}
}

// checkStorage looks at where bytes are kept. Addresses are never echoed: somebody
// may have put a credential into one.
func (s database) checkStorage(w *wrong) {
	if _, err := parseSize(s.MaxArtifact, maxMaxArtifact); s.MaxArtifact != "" && err != nil {
		w.add("max-artifact", "%q is no size from 1KiB to 4096GiB, such as 64GiB.", s.MaxArtifact)
	}
	if err := blob.Check(s.Files); err != nil {
		w.add("files", "%v.", err)
	}
	if err := blob.Check(s.Artifacts); err != nil {
		w.add("artifacts", "%v.", err)
	}
	if s.Files != "" && s.Files == s.Artifacts {
		w.add("artifacts", "is where uploaded files are; each needs a place of its own.")
	}
}

func (s database) options(log *slog.Logger) store.Options {
	files, most := s.Files, models.DefaultMaxFile
	if files == "" {
		files = filepath.Join(s.Data, "files")
	}
	if size, err := parseSize(s.MaxFile, maxMaxFile); err == nil { // checked with the settings
		most = size
	}
	artifact, _ := parseSize(s.MaxArtifact, maxMaxArtifact)
	return store.Options{DataDir: s.Data, DatabaseURL: s.DatabaseURL, SecretKey: s.SecretKey, SecretKeyFile: s.SecretKeyFile,
		FilesDir: files, MaxFile: most, Artifacts: s.Artifacts, MaxArtifact: artifact, Log: log}
}

// The most that --max-file and --max-artifact may be.
const (
	maxMaxFile     = 4 << 30
	maxMaxArtifact = 4 << 40
)

// parseSize reads 512KiB, 50MiB or 2GiB, at most the limit.
func parseSize(s string, limit int64) (int64, error) {
	for unit, size := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if digits, found := strings.CutSuffix(s, unit); found {
			n, err := strconv.ParseInt(digits, 10, 32)
			if err != nil || n < 1 || n*size > limit {
				return 0, fmt.Errorf("%q is out of range", s)
			}
			return n * size, nil
		}
	}
	return 0, fmt.Errorf("%q has no unit", s)
}

func (s logging) check(w *wrong) {
	if s.LogFormat != "text" && s.LogFormat != "json" {
		w.add("log-format", "%q is neither text nor json.", s.LogFormat)
	}
	if err := new(slog.Level).UnmarshalText([]byte(s.LogLevel)); err != nil {
		w.add("log-level", "%q is none of debug, info, warn, error.", s.LogLevel)
	}
}
