package main

import (
	"sort"

	kp "github.com/IBM/keyprotect-go-client"
)

func (s story) keyPolicies() {
	id := s.newRoot().ID
	policy, err := s.mia.SetRotationPolicy(s, id, 3)
	step("set a key's rotation policy", err, func() any { return facts{"interval_month": policy.Rotation.Interval} })
	policy, err = s.mia.SetDualAuthDeletePolicy(s, id, true)
	step("set a key's dual authorization", err, func() any { return facts{"enabled": *policy.DualAuth.Enabled} })
	policies, err := s.mia.GetPolicies(s, id)
	step("read a key's policies", err, func() any { return facts{"policies": len(policies)} })
	_, err = s.mia.SetDualAuthDeletePolicy(s, id, false)
	done("take a key's dual authorization off", err)

	_, err = s.mia.DisableRotationPolicy(s, id)
	must(err)
	policy, err = s.mia.EnableRotationPolicy(s, id)
	step("switch a key's rotation off and on", err, func() any {
		return facts{"enabled": *policy.Rotation.Enabled, "interval_month": policy.Rotation.Interval}
	})
	policies, err = s.mia.SetPolicies(s, id, true, 6, true, true)
	step("set both policies at once", err, func() any { return facts{"policies": len(policies)} })
	policy, err = s.mia.GetRotationPolicy(s, id)
	step("read one policy", err, func() any { return facts{"interval_month": policy.Rotation.Interval} })

	alone, err := s.will.CreateKeyWithPolicyOverridesWithOptions(s, "Alone", false,
		kp.Policy{DualAuth: &kp.DualAuth{Enabled: ptr(false)}})
	must(err)
	done("authorize the deletion of a key without the policy", s.mia.InitiateDualAuthDelete(s, alone.ID))
	_, err = s.mia.DeleteKey(s, alone.ID, kp.ReturnMinimal)
	done("delete a key without the policy alone", err)
}

func (s story) instancePolicies() {
	done("set the instance's dual authorization", s.mia.SetDualAuthInstancePolicy(s, true))
	done("set the allowed network", s.mia.SetAllowedNetworkInstancePolicy(s, true, "public-and-private"))
	done("allow the private network alone", s.mia.SetAllowedNetworkInstancePolicy(s, true, "private-only"))
	done("lock oneself out by address", s.mia.SetAllowedIPInstancePolicy(s, true, []string{"192.0.2.0/24"}))
	done("allow addresses", s.mia.SetAllowedIPInstancePolicy(s, true, []string{"127.0.0.1/32", "192.0.2.0/24"}))
	done("allow every address", s.mia.SetAllowedIPInstancePolicy(s, false, nil))
	done("switch metrics on", s.mia.SetMetricsInstancePolicy(s, true))
	done("switch metrics off", s.mia.SetMetricsInstancePolicy(s, false))

	attributes := map[string]bool{kp.CreateRootKey: true, kp.CreateStandardKey: false, kp.ImportRootKey: true,
		kp.ImportStandardKey: true, kp.EnforceToken: false}
	done("allow no standard keys", s.mia.SetKeyCreateImportAccessInstancePolicy(s, true, attributes))
	_, err := s.will.CreateStandardKey(s, "Standard", nil)
	done("create one all the same", err)
	done("allow them again", s.mia.SetKeyCreateImportAccessInstancePolicy(s, false, nil))
	policies, err := s.mia.GetInstancePolicies(s)
	step("read the instance's policies", err, func() any {
		enabled := facts{}
		for _, policy := range policies {
			enabled[policy.PolicyType] = *policy.PolicyData.Enabled
		}
		return enabled
	})

	done("set the instance's rotation", s.mia.SetRotationInstancePolicy(s, true, ptr(6)))
	policy, err := s.mia.GetRotationInstancePolicy(s)
	step("read the instance's rotation", err, func() any {
		return facts{"interval_month": *policy.PolicyData.Attributes.IntervalMonth}
	})
	done("set several of the instance's policies at once", s.mia.SetInstancePolicies(s, kp.MultiplePolicies{
		DualAuthDelete: &kp.BasicPolicyData{Enabled: true},
		Rotation:       &kp.RotationPolicyData{Enabled: false},
	}))
	_, err = s.mia.GetAllowedIPPrivateNetworkPort(s)
	done("read the port of the private network", err)
}

func (s story) importToken() {
	token, err := s.will.CreateImportToken(s, 300, 1)
	step("create an import token", err, func() any { return facts{"left": token.RemainingRetrievals} })
	transport, err := s.will.GetImportTokenTransportKey(s)
	step("retrieve it", err, func() any { return facts{"nonce": lengthOf(transport.Nonce)} })
	_, err = s.will.GetImportTokenTransportKey(s)
	done("retrieve it again", err)

	payload := material(32)
	encrypted, err := kp.EncryptKey(payload, transport.Payload)
	must(err)
	nonce, iv, err := kp.EncryptNonce(payload, transport.Nonce, "")
	must(err)
	key, err := s.will.CreateImportedRootKey(s, "Brought", nil, encrypted, nonce, iv)
	step("import encrypted material", err, func() any { return facts{"imported": key.Imported} })
	plaintext, ciphertext, err := s.rita.WrapCreateDEK(s, key.ID, nil)
	must(err)
	next := kp.NewKeyPayload(encrypted, nonce, iv).WithRSA256()
	done("rotate with encrypted material", s.will.RotateV2(s, key.ID, &next))
	unwrapped, err := s.rita.Unwrap(s, key.ID, ciphertext, nil)
	step("unwrap after that", err, func() any { return facts{"same": string(unwrapped) == string(plaintext)} })
	encrypted, err = kp.EncryptKeyWithSHA1(payload, transport.Payload)
	must(err)
	_, err = s.will.CreateImportedKeyWithSHA1(s, "Brought", nil, encrypted, nonce, iv, false, nil)
	done("import with SHA-1", err)
}

// Every way in which the client lists.
func (s story) list() {
	must(s.will.CreateKeyRing(s, "books"))
	inRing := *s.will
	inRing.Config.KeyRing = "books"
	ids := map[string]string{}
	for _, name := range []string{"North", "South", "East"} {
		key, err := inRing.CreateKeyWithOptions(s, name, name == "East", kp.WithAliases([]string{"of-" + name}))
		must(err)
		ids[key.ID] = name
	}
	listed := func(name string, options kp.ListKeysOptions) {
		keys, err := inRing.ListKeys(s, &options)
		step(name, err, func() any {
			names := []string{}
			for _, key := range keys.Keys {
				names = append(names, ids[key.ID])
			}
			if options.Sort == nil {
				sort.Strings(names)
			}
			return names
		})
	}
	search, _ := kp.GetKeySearchQuery(ptr("OUTH"), kp.AddKeyNameScope())
	exact, _ := kp.GetKeySearchQuery(ptr("of-North"), kp.WithExactMatch(), kp.AddAliasScope())
	not, _ := kp.GetKeySearchQuery(ptr("North"), kp.ApplyNot())
	key, err := inRing.GetKeyMetadata(s, "of-North")
	must(err)
	listed("list extractable keys", kp.ListKeysOptions{Extractable: ptr(true)})
	listed("list active keys, sorted", kp.ListKeysOptions{State: []kp.KeyState{kp.Active},
		Sort: kp.GetKeySortStr(kp.WithExtractableDesc(), kp.WithCreationDate()), Limit: ptr(uint32(1))})
	listed("list destroyed keys", kp.ListKeysOptions{State: []kp.KeyState{kp.Destroyed}})
	listed("search a name", kp.ListKeysOptions{Search: search})
	listed("search an alias exactly", kp.ListKeysOptions{Search: exact})
	listed("search what is not", kp.ListKeysOptions{Search: not})
	listed("filter by date", kp.ListKeysOptions{Filter: ptr(kp.GetFilterQueryBuilder().
		CreationDate().GreaterThanOrEqual(*key.CreationDate).Extractable(false).ExpirationDate().None().Build())})
	listed("filter by state", kp.ListKeysOptions{Filter: ptr(kp.GetFilterQueryBuilder().
		State([]kp.KeyState{kp.Suspended, kp.Deactivated}).Build())})
	page, err := inRing.GetKeys(s, 2, 1)
	step("list a page", err, func() any { return facts{"listed": len(page.Keys), "told": page.Metadata.NumberOfKeys} })
}
