// The life of keys and a deletion with two people, told with IBM's client. Prints a line of JSON for each step: what the
// client got, or the status and reason code of what it was refused. What is expected stands in test/clients/story.ts.
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	kp "github.com/IBM/keyprotect-go-client"
)

type facts map[string]any

type story struct {
	context.Context
	mia, max, will, rita, petra *kp.Client
}

func main() {
	s := story{context.Background(), as("MIA"), as("MAX"), as("WILL"), as("RITA"), as("PETRA")}
	s.keys()
	s.use()
	s.order()
	s.list()
	s.keyPolicies()
	s.instancePolicies()
	s.importToken()
	s.deletion()
	s.protectedResources()
	s.strangers()
}

// As in docs/clients.md: two URLs, and nothing else.
func client(apiKey, instance string) *kp.Client {
	url := os.Getenv("COUNTERSIGN_URL")
	made, err := kp.New(kp.ClientConfig{
		BaseURL:    url,
		TokenURL:   url + "/oidc/token",
		APIKey:     apiKey,
		InstanceID: instance,
	}, nil)
	must(err)
	return made
}

func as(name string) *kp.Client {
	return client(os.Getenv(name+"_API_KEY"), os.Getenv("COUNTERSIGN_INSTANCE"))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Prints a step. `got` is for what was not refused.
func step(name string, err error, got func() any) {
	line := facts{"step": name}
	var refused *kp.Error
	switch {
	case errors.As(err, &refused):
		line["refused"] = fmt.Sprint(refused.StatusCode)
		if len(refused.Reasons) > 0 {
			line["refused"] = fmt.Sprintf("%d %s", refused.StatusCode, refused.Reasons[0].Code)
		}
	case err != nil:
		line["error"] = err.Error()
	case got != nil:
		line["got"] = got()
	}
	must(json.NewEncoder(os.Stdout).Encode(line))
}

func done(name string, err error) { step(name, err, nil) }

func material(length int) string {
	bytes := make([]byte, length)
	_, err := rand.Read(bytes)
	must(err)
	return base64.StdEncoding.EncodeToString(bytes)
}

func lengthOf(encoded string) int {
	bytes, err := base64.StdEncoding.DecodeString(encoded)
	must(err)
	return len(bytes)
}

func ptr[T any](value T) *T { return &value }

func (s story) newRoot(options ...kp.CreateKeyOption) *kp.Key {
	key, err := s.will.CreateKeyWithOptions(s, "Ledger", false, options...)
	must(err)
	return key
}

func (s story) keys() {
	root, err := s.will.CreateKeyWithOptions(s, "Payroll", false,
		kp.WithDescription("of the north"), kp.WithTags([]string{"a", "b"}), kp.WithAliases([]string{"payroll"}))
	step("create a root key", err, func() any {
		return facts{"state": root.State, "extractable": root.Extractable, "imported": root.Imported}
	})
	found, err := s.rita.GetKeyMetadata(s, "payroll")
	step("read its metadata by its alias", err, func() any {
		return facts{"same": found.ID == root.ID, "name": found.Name, "aliases": found.Aliases,
			"dualAuthDelete": *found.DualAuthDelete.Enabled, "dated": !found.CreationDate.IsZero(),
			"description": found.Description, "tags": found.Tags}
	})
	standard, err := s.will.CreateStandardKey(s, "Standard", nil)
	must(err)
	standard, err = s.will.GetKey(s, standard.ID)
	step("read a standard key", err, func() any {
		return facts{"extractable": standard.Extractable, "bytes": lengthOf(standard.Payload)}
	})
	_, err = s.rita.GetKey(s, standard.ID)
	done("read it without the role", err)
	payload := material(32)
	brought, err := s.will.CreateImportedStandardKey(s, "Brought", nil, payload)
	must(err)
	brought, err = s.will.GetKey(s, brought.ID)
	step("import a standard key", err, func() any {
		return facts{"imported": brought.Imported, "same": brought.Payload == payload}
	})
	brought, err = s.will.CreateImportedRootKey(s, "Brought", nil, payload, "", "")
	step("import a root key", err, func() any { return facts{"imported": brought.Imported} })
}

func (s story) use() {
	id := s.newRoot().ID
	plaintext := material(32)
	aad := &[]string{"ledger", "2026"}
	ciphertext, err := s.rita.Wrap(s, id, []byte(plaintext), aad)
	must(err)
	unwrapped, _, err := s.rita.UnwrapV2(s, id, ciphertext, aad)
	step("wrap and unwrap", err, func() any { return facts{"same": string(unwrapped) == plaintext} })
	_, _, err = s.rita.UnwrapV2(s, id, ciphertext, nil)
	done("unwrap without the additional data", err)
	made, _, err := s.rita.WrapCreateDEK(s, id, nil)
	step("make a data key", err, func() any { return facts{"bytes": lengthOf(string(made))} })

	done("rotate", s.will.Rotate(s, id, ""))
	done("rotate again", s.will.RotateV2(s, id, nil))
	unwrapped, rewrapped, err := s.rita.UnwrapV2(s, id, ciphertext, aad)
	step("wrap anew with the newer version", err, func() any {
		return facts{"same": string(unwrapped) == plaintext, "anew": len(rewrapped) > 0}
	})
	versions, err := s.rita.ListKeyVersions(s, id, &kp.ListKeyVersionsOptions{Limit: ptr(uint32(1)), TotalCount: ptr(true)})
	step("list its versions", err, func() any {
		return facts{"listed": len(versions.KeyVersion), "all": *versions.Metadata.TotalCount}
	})

	done("disable", s.mia.DisableKey(s, id))
	_, err = s.rita.Wrap(s, id, []byte(plaintext), nil)
	done("wrap with a suspended key", err)
	done("enable it too early", s.mia.EnableKey(s, id))
	other := s.newRoot().ID
	done("sync", s.will.SyncAssociatedResources(s, other))
	done("sync again", s.will.SyncAssociatedResources(s, other))
}

func (s story) order() {
	id := s.newRoot().ID
	alias, err := s.will.CreateKeyAlias(s, "books", id)
	step("create an alias", err, func() any { return facts{"alias": alias.Alias, "same": alias.KeyID == id} })
	_, err = s.will.CreateKeyAlias(s, "books", s.newRoot().ID)
	done("create it for another key", err)
	done("delete the alias", s.will.DeleteKeyAlias(s, "books", id))
	_, err = s.rita.GetKeyMetadata(s, "books")
	done("read a key by an alias that is not there", err)

	done("create a key ring", s.will.CreateKeyRing(s, "shelf"))
	done("create it again", s.will.CreateKeyRing(s, "shelf"))
	rings, err := s.rita.GetKeyRings(s)
	step("list the key rings", err, func() any {
		names := []string{}
		for _, ring := range rings.KeyRings {
			names = append(names, ring.ID)
		}
		return names
	})
	// The client says in which ring a key is by its configuration.
	inDefault := *s.mia
	inDefault.Config.KeyRing = "default"
	_, err = inDefault.SetKeyRing(s, id, "shelf")
	must(err)
	moved, err := s.rita.GetKeyMetadata(s, id)
	step("move a key into it", err, func() any { return facts{"keyRingID": moved.KeyRingID} })
	done("delete a ring with a key in it", s.mia.DeleteKeyRing(s, "shelf"))
	must(s.will.CreateKeyRing(s, "box"))
	done("delete an empty ring", s.mia.DeleteKeyRing(s, "box"))
}
