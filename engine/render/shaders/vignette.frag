#version 330

in float v_dark;
out vec4 o_color;

void main() {
    o_color = vec4(0.0, 0.0, 0.0, v_dark * v_dark * (3.0 - 2.0 * v_dark));
}
