package main

import (
	"errors"
	"os"

	kp "github.com/IBM/keyprotect-go-client"
	"github.com/IBM/keyprotect-go-client/iam"
)

func (s story) deletion() {
	id := s.newRoot().ID
	remove := func(name string, by *kp.Client) {
		_, err := by.DeleteKey(s, id, kp.ReturnMinimal)
		done(name, err)
	}
	remove("delete without an authorization", s.mia)
	done("authorize the deletion", s.mia.InitiateDualAuthDelete(s, id))
	remove("delete by the same person", s.mia)
	remove("delete by a Writer", s.will)
	done("withdraw", s.will.CancelDualAuthDelete(s, id))
	remove("delete after that", s.max)
	done("authorize the deletion as a Writer", s.will.InitiateDualAuthDelete(s, id))
	remove("delete by another person", s.max)
	remove("delete again", s.mia)

	gone, err := s.rita.GetKeyMetadata(s, id)
	step("read what is left of it", err, func() any { return facts{"state": gone.State, "deleted": *gone.Deleted} })
	_, err = s.rita.Wrap(s, id, []byte(material(32)), nil)
	done("wrap with a destroyed key", err)
	_, err = s.mia.RestoreKey(s, id)
	done("restore it too early", err)
	_, err = s.petra.PurgeKey(s, id, kp.ReturnRepresentation)
	done("purge it too early", err)
	_, err = s.mia.PurgeKey(s, id, kp.ReturnMinimal)
	done("purge it without the role", err)

	other := s.newRoot().ID
	must(s.mia.InitiateDualAuthDelete(s, other))
	key, err := s.max.DeleteKey(s, other, kp.ReturnRepresentation)
	step("delete and be shown the key", err, func() any {
		return facts{"state": key.State, "deleted": *key.Deleted, "purgeAllowed": *key.PurgeAllowed}
	})
}

// The key `protected` has a registration of a storage service.
func (s story) protectedResources() {
	crn := os.Getenv("PROTECTED_CRN")
	key, err := s.rita.GetKeyMetadata(s, "protected")
	must(err)
	one, err := s.rita.ListRegistrations(s, key.ID, "")
	step("list the registrations of a key", err, func() any {
		return facts{"listed": len(one.Registrations), "same": one.Registrations[0].ResourceCrn == crn}
	})
	all, err := s.rita.ListRegistrations(s, "", crn)
	step("list the registrations of a resource", err, func() any {
		return facts{"listed": len(all.Registrations), "same": all.Registrations[0].KeyID == key.ID}
	})
	must(s.mia.InitiateDualAuthDelete(s, key.ID))
	_, err = s.max.DeleteKey(s, key.ID, kp.ReturnMinimal)
	done("delete a key that protects something", err)
	_, err = s.max.DeleteKey(s, key.ID, kp.ReturnMinimal, kp.ForceOpt{Force: true})
	done("delete it with force", err)
}

func (s story) strangers() {
	instance := os.Getenv("COUNTERSIGN_INSTANCE")
	unknown := "f0ad6d36-6df5-4b21-a2c5-7c4f6b0a6d01"
	_, err := s.rita.GetKeyMetadata(s, unknown)
	done("read a key that is not there", err)
	_, err = client(os.Getenv("RITA_API_KEY"), unknown).GetKeys(s, 1, 0)
	done("call an instance that is not there", err)
	_, err = client("cs_unknown", instance).GetKeys(s, 1, 0)
	var refused iam.Error
	if !errors.As(err, &refused) {
		panic(err)
	}
	step("call with an unknown API key", nil, func() any { return refused.ErrorCode })
}
