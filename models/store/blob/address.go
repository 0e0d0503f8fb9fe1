package blob

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// address is where a bucket is.
type address struct {
	bucket, prefix string
	host           string // of the endpoint
	secure         bool
	region         string
	lookup         minio.BucketLookupType
}

// Check tells what is wrong with the address of a storage.
func Check(text string) error {
	if !strings.HasPrefix(text, scheme) {
		return nil
	}
	_, err := readAddress(text)
	return err
}

func readAddress(text string) (a address, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return a, errors.New("is not s3://BUCKET/PREFIX?endpoint=https://HOST&region=NAME; the credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	a = address{bucket: u.Host, prefix: strings.Trim(u.Path, "/"), host: "s3.amazonaws.com", secure: true}
	if a.prefix != "" {
		a.prefix += "/"
	}
	for name, values := range u.Query() {
		if err := a.set(name, values[0]); err != nil {
			return a, err
		}
	}
	return a, nil
}

// set takes in one part of the query.
func (a *address) set(name, value string) error {
	switch name {
	case "endpoint":
		return a.at(value)
	case "region":
		a.region = value
	case "path_style":
		if value != "true" && value != "false" {
			return errors.New("path_style is true or false")
		}
		if a.lookup = minio.BucketLookupDNS; value == "true" {
			a.lookup = minio.BucketLookupPath
		}
	default:
		return fmt.Errorf("does not know %q: there are endpoint, region and path_style", name)
	}
	return nil
}

// at reads the endpoint: a URL, or a host that speaks HTTPS.
func (a *address) at(endpoint string) error {
	if !strings.Contains(endpoint, "://") {
		endpoint = "https://" + endpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
		return errors.New("endpoint is https://HOST or http://HOST, without a path")
	}
	a.host, a.secure = u.Host, u.Scheme == "https"
	return nil
}

// credential is looked for as every program for S3 does: the environment, the file
// of credentials, the role of the machine.
func credential() *credentials.Credentials {
	return credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{}})
}
