// Package framemesh sends the frames of a camera to framemesh, which stores them durably, runs
// deep-learning models on them and gives each frame exactly one outcome.
//
//	camera, err := framemesh.NewCamera(framemesh.Target{
//		Addresses: []string{"127.0.0.1:7401"}, Pipeline: "street", Camera: "door",
//	})
//	if err != nil {
//		return err
//	}
//	for image := range images { // each a JPEG, PNG or WebP
//		if _, err := camera.Send(ctx, image); err != nil {
//			return errors.Join(err, camera.Close())
//		}
//	}
//	return camera.Close() // waits until every frame is acknowledged
//
// Frames that are unacknowledged when the connection breaks are sent again on the next one; none is lost
// and none is stored twice.
package framemesh
