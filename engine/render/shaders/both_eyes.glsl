
// Put behind a vertex shader whose main() became one_eye(). Drawn once, it changes nothing. Drawn as two instances into a picture
// with both eyes side by side (engine/render/headset/stereo.py), the first is the left eye's and the second the right eye's, and
// each is cut at the middle.
uniform mat4 u_right_from_left;  // clip space of the right half from that of the left half
uniform float u_both_eyes;       // 1: drawn as two instances

void main() {
    one_eye();
    float side = -u_both_eyes;
    if (gl_InstanceID == 1) {
        gl_Position = u_right_from_left * gl_Position;
        side = u_both_eyes;
    }
    gl_ClipDistance[0] = side * gl_Position.x;
#ifdef BEHIND_EVERYTHING
    gl_Position.z = gl_Position.w * 0.999999;  // only now: a false depth has no true place in another eye
#endif
}
