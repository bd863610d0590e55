package access

import (
	"context"
	"encoding/json"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// authenticate asks whose token it is, and whether it is anybody's.
func (f *Filter) authenticate(ctx context.Context, bearer string) (who authenticationv1.UserInfo, known bool, err error) {
	review := authenticationv1.TokenReview{
		TypeMeta: metav1.TypeMeta{APIVersion: authenticationv1.SchemeGroupVersion.String(), Kind: "TokenReview"},
		Spec:     authenticationv1.TokenReviewSpec{Token: bearer},
	}
	if err := f.create(ctx, "/apis/authentication.k8s.io/v1/tokenreviews", &review); err != nil {
		return who, false, fmt.Errorf("asking whose token it is: %w", err)
	}
	return review.Status.User, review.Status.Authenticated, nil
}

// mayRead asks whether somebody may get the path.
func (f *Filter) mayRead(ctx context.Context, who authenticationv1.UserInfo) (bool, error) {
	review := authorizationv1.SubjectAccessReview{
		TypeMeta: metav1.TypeMeta{APIVersion: authorizationv1.SchemeGroupVersion.String(), Kind: "SubjectAccessReview"},
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User: who.Username, UID: who.UID, Groups: who.Groups, Extra: map[string]authorizationv1.ExtraValue{},
			NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: f.Path, Verb: "get"},
		},
	}
	for key, values := range who.Extra {
		review.Spec.Extra[key] = authorizationv1.ExtraValue(values)
	}
	if err := f.create(ctx, "/apis/authorization.k8s.io/v1/subjectaccessreviews", &review); err != nil {
		return false, fmt.Errorf("asking whether %s may read: %w", who.Username, err)
	}
	return review.Status.Allowed && !review.Status.Denied, nil
}

// create sends a review and reads what the API server has made of it.
func (f *Filter) create(ctx context.Context, path string, review any) error {
	body, err := json.Marshal(review)
	if err != nil {
		return err
	}
	result := f.Reviews.Post().AbsPath(path).SetHeader("Content-Type", runtime.ContentTypeJSON).
		SetHeader("Accept", runtime.ContentTypeJSON).Body(body).Do(ctx)
	if err := result.Error(); err != nil {
		return err
	}
	answer, err := result.Raw()
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, review)
}
